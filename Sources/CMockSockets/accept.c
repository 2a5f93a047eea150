// Takes the place of libc's accept in the process that hosts a mock cluster: connections answer without delay, and no
// child process keeps them open after the broker closed them.
//
// librdkafka's mock cluster never sets TCP_NODELAY, so that an answer of several segments waits 40 ms for a delayed
// acknowledgement. The dynamic linker finds this definition before libc's, because the executable comes first. It has
// to be C: swiftc gives its symbols protected visibility, and the gold linker does not export those from an executable.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

__attribute__((visibility("default"))) int accept(int listener, __SOCKADDR_ARG address, socklen_t *restrict length) {
    int connection = accept4(listener, address, length, SOCK_CLOEXEC);
    int on = 1;
    // Fails on sockets other than TCP, which have no such delay.
    if (connection >= 0) setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connection;
}
