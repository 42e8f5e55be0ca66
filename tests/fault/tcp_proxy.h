/* tcp_proxy.h - a TCP connection that breaks when a test says so: stands between the library and a real server. */
#ifndef FAULT_TCP_PROXY_H
#define FAULT_TCP_PROXY_H

/* What happens next, once, on whichever connection is the first to do it. */
enum tcp_fault {
    TCP_FAULT_NONE,
    TCP_FAULT_LOSE_REQUEST, /* bytes of the client are dropped, and both sides are hung up */
    TCP_FAULT_LOSE_ANSWER,  /* bytes of the server are dropped, and both sides are hung up */
    TCP_FAULT_LEAVE_SERVER  /* bytes of the client go through; then the client is hung up, the server learns nothing */
};

struct tcp_proxy;

/* Listens on a port of 127.0.0.1 of its own and connects to `port` there. Ends the program when it cannot. */
struct tcp_proxy *tcp_proxy_open(unsigned port);
void tcp_proxy_close(struct tcp_proxy *proxy);

unsigned tcp_proxy_port(const struct tcp_proxy *proxy);

/* Any thread. */
void tcp_proxy_break(struct tcp_proxy *proxy, enum tcp_fault fault);

/* Hangs up all connections now. Any thread. */
void tcp_proxy_hang_up(struct tcp_proxy *proxy);

#endif
