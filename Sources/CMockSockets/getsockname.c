// Lets a mock broker tell its clients another port than the one it listens on: that of a proxy before it, for TLS.
//
// librdkafka's mock cluster has no setting for that; it asks its listening socket. C for the reason in accept.c.
#define _GNU_SOURCE
#include "CMockSockets.h"
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int advertised;
static atomic_int hidden;

void mock_sockets_advertise(int port) { atomic_store(&advertised, port); }

int mock_sockets_hidden_port(void) { return atomic_load(&hidden); }

__attribute__((visibility("default"))) int getsockname(
    int descriptor, __SOCKADDR_ARG address, socklen_t *restrict length) {
    struct sockaddr *found = address.__sockaddr__;
    int result = (int)syscall(SYS_getsockname, descriptor, found, length);
    int port = atomic_load(&advertised);
    if (result != 0 || port == 0 || found->sa_family != AF_INET) return result;
    struct sockaddr_in *internet = (struct sockaddr_in *)found;
    atomic_store(&hidden, ntohs(internet->sin_port));
    internet->sin_port = htons((unsigned short)port);
    return result;
}
