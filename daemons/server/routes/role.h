/* role.h - what a daemon serves: one of these or several together. */
#ifndef SERVER_ROUTES_ROLE_H
#define SERVER_ROUTES_ROLE_H

enum {
    ROLE_COMMAND = 1, /* POST, DELETE */
    ROLE_QUERY = 2,   /* GET, search */
    ROLE_PUSHER = 4,  /* WebSocket, SSE */
    ROLE_FILES = 8    /* the page and the API's description */
};

#endif
