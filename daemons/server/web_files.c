/* web_files.c - the page and the API's description, as they were when the program was built. */
#include "server/web_files.h"

#include "server/response.h"
#include <string.h>

/* The page needs nothing from elsewhere, and nothing that a meow says can become part of it. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "     \
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const struct web_file *web_file_find(const char *path)
{
    for (const struct web_file *file = web_files; file->path != NULL; file++)
        if (strcmp(file->path, path) == 0)
            return file;
    return NULL;
}

void web_file_answer(struct connection *connection, const struct web_file *file)
{
    bool is_known = response_matches(connection, file->etag);
    response_begin(connection, is_known ? 304 : 200);
    response_field(connection, "Cache-Control", "no-cache");
    response_field(connection, "ETag", file->etag);
    if (strncmp(file->content_type, "text/html", 9) == 0)
        response_field(connection, "Content-Security-Policy", PAGE_POLICY);
    if (is_known) {
        response_end(connection);
    } else {
        char *place = response_reserve(connection, file->content_type, file->len);
        if (place != NULL)
            memcpy(place, file->bytes, file->len);
    }
    response_send(connection);
}
