/* web_files.h - the page and the API's description, as they were when the program was built. */
#ifndef SERVER_WEB_FILES_H
#define SERVER_WEB_FILES_H

#include "server/connection.h"

/* One file. The table is generated (embed.cmake), ends with a path of NULL, and stands in the program's own memory. */
struct web_file {
    const char *path; /* such as "/app.js"; "/" for index.html */
    const char *content_type;
    const char *etag; /* with its quotes; changes with the content */
    const unsigned char *bytes;
    size_t len;
};

extern const struct web_file web_files[];

const struct web_file *web_file_find(const char *path);
void web_file_answer(struct connection *connection, const struct web_file *file);

#endif
