/* files.c - the page and the API's description, as they were when the program was built. */
#include "server/routes/files.h"

#include "server/http/response.h"
#include "server/routes/role.h"
#include <string.h>

/* The page loads nothing from other places, and no text of a meow can become code in it. A proxy passes this on;
 * 'self' covers WebSocket (CSP 3, 6.7.2.8), and "vue" is the one policy that Vue makes. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "   \
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue"

static const struct web_file *find(const char *path)
{
    for (const struct web_file *file = web_files; file->path != NULL; file++) {
        if (strcmp(file->path, path) == 0) {
            return file;
        }
    }
    return NULL;
}

/* Whether a parameter of a content coding refuses it: "q=0", "q=0.0" and so on (RFC 9110, 12.4.2). */
static bool is_refusal(struct slice parameter)
{
    if (parameter.len < 3 || strncasecmp(parameter.text, "q=0", 3) != 0) {
        return false;
    }
    for (size_t i = 3; i < parameter.len; i++) {
        if (parameter.text[i] != '.' && parameter.text[i] != '0') {
            return false;
        }
    }
    return true;
}

/* Whether Accept-Encoding names the coding and does not refuse it (RFC 9110, 12.5.3). "*" does not count: a
 * client that knows a coding names it. */
static bool accepts(struct request_list list, const char *encoding)
{
    struct slice item, part;
    while (request_list_next(&list, &item)) {
        if (!slice_next(&item, ';', &part) || !slice_equals_nocase(part, encoding)) {
            continue;
        }
        return !slice_next(&item, ';', &part) || !is_refusal(part);
    }
    return false;
}

static const struct web_form *choose_form(const struct web_file *file, struct request_list accepted)
{
    const struct web_form *form = file->forms;
    while (*form->encoding != '\0' && !accepts(accepted, form->encoding)) {
        form++;
    }
    return form;
}

static void handle_file(void *context, struct exchange *exchange, const struct request *request, const char *path)
{
    const struct web_file *file = find(path);
    const struct web_form *form = choose_form(file, request->lists[REQUEST_ACCEPT_ENCODING]);
    (void)context;
    bool is_known = response_matches(exchange, form->etag);
    response_begin(exchange, is_known ? 304 : 200);
    response_field(exchange, "Cache-Control", file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
    response_field(exchange, "ETag", form->etag);
    if (*file->forms[0].encoding != '\0') {
        response_field(exchange, "Vary", "Accept-Encoding");
    }
    if (*form->encoding != '\0') {
        response_field(exchange, "Content-Encoding", form->encoding);
    }
    if (strncmp(file->content_type, "text/html", 9) == 0) {
        response_field(exchange, "Content-Security-Policy", PAGE_POLICY);
        response_field(exchange, "Referrer-Policy", "same-origin");
        response_field(exchange, "Cross-Origin-Opener-Policy", "same-origin");
    }
    if (is_known) {
        response_end(exchange);
    } else {
        char *place = response_reserve(exchange, file->content_type, form->len);
        if (place != NULL) {
            memcpy(place, form->bytes, form->len);
        }
    }
    response_send(exchange);
}

static bool has_file(const char *path)
{
    return find(path) != NULL;
}

const struct route file_rows[] = {
    {.path = "/",
     .has = has_file,
     .methods = ROUTE_READING,
     .role = ROLE_FILES,
     .name = "GET /",
     .handle = handle_file},
    {.path = NULL},
};
