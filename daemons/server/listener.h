/* listener.h - a listening TCP socket by its address: "127.0.0.1:8080", "[::1]:8080", "localhost:0", ":8080". */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#define LISTENER_ADDRESS_SIZE 80 /* bytes of an address as text, with its NUL */

/* Whether `address` has the form; nothing is looked up. */
bool listener_check_address(const char *address);

/* Opens the socket, non-blocking. Port 0 is any free one; `actual` gets the address that it listens on. Returns the
 * descriptor, or -1 with one sentence in `message`. */
int listener_open(const char *address, char actual[LISTENER_ADDRESS_SIZE], char *message, size_t message_size);

#endif
