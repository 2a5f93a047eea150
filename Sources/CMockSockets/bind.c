// Lets a mock broker that goes down keep its port although a child process has its listener for another moment.
//
// librdkafka closes the listener of such a broker, binds a new one to the same port at once, and aborts the process
// when that fails. It fails while a fork that has not come to its exec yet holds the closed listener open. C for the
// reason in accept.c.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { attempts = 10000, pause_microseconds = 1000 };

// What librdkafka calls the thread of a mock cluster. No other thread's bind waits.
static int on_mock_thread(void) {
    char name[16] = {0};
    return prctl(PR_GET_NAME, name) == 0 && strcmp(name, "rdk:mock") == 0;
}

__attribute__((visibility("default"))) int bind(int descriptor, __CONST_SOCKADDR_ARG address, socklen_t length) {
    int result = (int)syscall(SYS_bind, descriptor, address.__sockaddr__, length);
    if (result == 0 || errno != EADDRINUSE || !on_mock_thread()) return result;
    for (int attempt = 0; result != 0 && errno == EADDRINUSE && attempt < attempts; attempt++) {
        usleep(pause_microseconds);
        result = (int)syscall(SYS_bind, descriptor, address.__sockaddr__, length);
    }
    return result;
}
