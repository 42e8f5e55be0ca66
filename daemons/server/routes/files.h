/* files.h - the page and the API's description, as they were when the program was built. */
#ifndef SERVER_ROUTES_FILES_H
#define SERVER_ROUTES_FILES_H

#include "server/http/router.h"

#define WEB_FILE_FORMS 3

/* The bytes of a file under one content coding (RFC 9110, 8.4.1). */
struct web_form {
    const char *encoding; /* "br", "gzip", or "" for the file as it is */
    const char *etag;     /* with its quotes; changes with the bytes */
    const unsigned char *bytes;
    size_t len;
};

/* One file. The table is generated (embed.cmake), ends with a path of NULL, and stands in the program's own memory. */
struct web_file {
    const char *path; /* such as "/app.js"; "/" for index.html */
    const char *content_type;
    bool is_immutable;                     /* its name changes with its content */
    struct web_form forms[WEB_FILE_FORMS]; /* best first; the last one is the file as it is */
};

extern const struct web_file web_files[];

extern const struct route file_rows[];

#endif
