/* post_labels.h - the labels of a POST: label.KEY=VALUE in a query string or a form, and "labels" in JSON. */
#ifndef SERVER_HTTP_POST_LABELS_H
#define SERVER_HTTP_POST_LABELS_H

#include "base/labels_buffer.h"
#include "server/http/request.h"

/* Finds the labels of a POST: in its query string, and where the body is, too. False with the reason in *error when
 * they are not such as a meow may have. The body was found by post_body_find(). */
bool post_labels_find(const struct request *request, struct labels_buffer *labels, meower_error *error);

#endif
