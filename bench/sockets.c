/* sockets.c - TCP on the loopback address, and waiting for many of them. */
#include "sockets.h"
#include "measure.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_ATTEMPTS 50
#define CONNECT_PAUSE_US 100000

void socket_limit_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        give_up("getrlimit");
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        give_up("setrlimit");
    }
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void set_no_delay(int fd)
{
    int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
        give_up("TCP_NODELAY");
    }
}

int socket_connect(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    for (int attempt = 1;; attempt++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            give_up("socket");
        }
        if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
            set_no_delay(fd);
            return fd;
        }
        if (errno != ECONNREFUSED || attempt == CONNECT_ATTEMPTS) {
            give_up("connect");
        }
        close(fd);
        usleep(CONNECT_PAUSE_US);
    }
}

int socket_listen(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        give_up("socket");
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        give_up("bind");
    }
    if (listen(fd, SOMAXCONN) != 0) {
        give_up("listen");
    }
    return fd;
}

int socket_accept(int listener)
{
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) {
        give_up("accept");
    }
    set_no_delay(fd);
    return fd;
}

void socket_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        give_up("fcntl");
    }
}

void socket_send_all(int fd, const char *bytes, size_t len)
{
    ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
    if (sent < 0 || (size_t)sent != len) {
        give_up("send");
    }
}
