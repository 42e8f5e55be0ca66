/* meow.c - one event with its meow, and the checks that ids and bodies must pass. */
#include "base/meow.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/ksuid.h"
#include "base/labels.h"
#include "base/text.h"
#include <meower/backend.h>
#include <stdlib.h>
#include <string.h>

int meower_id_check(const char *id, size_t id_len, meower_error *error)
{
    if (id != NULL && ksuid_check(id, id_len)) {
        return MEOWER_OK;
    }
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                            "the id is none: it has %d characters 0-9, A-Z, a-z, and is at most "
                            "aWgEPTl1tmebfsQzFP4bxwgy80V",
                            MEOWER_ID_LEN);
}

int meower_body_check(const char *body, size_t body_len, meower_error *error)
{
    return text_check("the body", body, body_len, MEOWER_BODY_MAX, error);
}

static char *append(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    return out + len;
}

#define ID_MEMBER         "{\"id\":"
#define BODY_MEMBER       ",\"body\":"
#define CREATED_AT_MEMBER ",\"created_at\":\""

/* The row's labels are in order. */
static size_t object_len(const meower_row *row, size_t id_len)
{
    size_t len = strlen(ID_MEMBER) + json_string_len(row->id, id_len) + strlen("}");
    if (row->body != NULL) {
        len += strlen(BODY_MEMBER) + json_string_len(row->body, row->body_len);
        len += strlen(CREATED_AT_MEMBER) + CLOCK_TEXT_SIZE - 1 + strlen("\"");
    }
    if (row->label_count > 0) {
        len += strlen(",") + labels_json_len(row->labels, row->label_count);
    }
    return len;
}

static char *write_object(const meower_row *row, size_t id_len, char *out)
{
    out = append(out, ID_MEMBER, strlen(ID_MEMBER));
    out = json_write_string(row->id, id_len, out);
    if (row->body != NULL) {
        char created_at[CLOCK_TEXT_SIZE];
        clock_format(row->created_at_us, created_at);
        out = append(out, BODY_MEMBER, strlen(BODY_MEMBER));
        out = json_write_string(row->body, row->body_len, out);
        out = append(out, CREATED_AT_MEMBER, strlen(CREATED_AT_MEMBER));
        out = append(out, created_at, CLOCK_TEXT_SIZE - 1);
        *out++ = '"';
    }
    if (row->label_count > 0) {
        *out++ = ',';
        out = labels_write_json(row->labels, row->label_count, out);
    }
    *out++ = '}';
    return out;
}

/* Where the texts begin. */
static char *text_of(struct meow *meow)
{
    return (char *)(meow->labels + meow->view.label_count);
}

/* Copies the row, whose labels are in order, and which has none without a body. */
static struct meow *copy_row(const meower_row *row)
{
    size_t id_len = strlen(row->id);
    if (id_len > SIZE_MAX / 32 || row->body_len > SIZE_MAX / 32) { /* so that no sum below can overflow */
        return NULL;
    }
    size_t body_size = row->body == NULL ? 0 : row->body_len + 1;
    size_t json_len = object_len(row, id_len);
    size_t labels_size = row->label_count * sizeof(meower_label) + labels_text_len(row->labels, row->label_count);
    struct meow *meow = malloc(sizeof(*meow) + labels_size + id_len + 1 + body_size + json_len + 1);
    if (meow == NULL) {
        return NULL;
    }

    meow->view.label_count = row->label_count;
    meow->view.labels = row->label_count == 0 ? NULL : meow->labels;
    char *at = text_of(meow);
    atomic_init(&meow->references, 1);
    meow->kind = row->kind;
    meow->position = row->position;
    meow->view.id = at;
    at = append(at, row->id, id_len + 1);
    meow->view.body = NULL;
    meow->view.body_len = 0;
    if (row->body != NULL) {
        meow->view.body = at;
        meow->view.body_len = row->body_len;
        at = append(at, row->body, row->body_len);
        *at++ = '\0';
    }
    meow->view.created_at_us = row->created_at_us;
    meow->json = at;
    meow->json_len = json_len;
    at = write_object(row, id_len, at);
    *at++ = '\0';
    labels_copy(row->labels, row->label_count, meow->labels, at);
    return meow;
}

struct meow *meow_new(const meower_row *row)
{
    meower_label sorted[MEOWER_LABELS_MAX];
    meower_row in_order = *row;

    if (row->body == NULL) {
        in_order.label_count = 0;
    }
    labels_sort(row->labels, in_order.label_count, sorted);
    in_order.labels = sorted;
    return copy_row(&in_order);
}

/* The id is what the text begins with, and in the JSON the first string; an id needs no escapes there. */
void meow_set_id(struct meow *meow, const char *id)
{
    size_t id_len = strlen(meow->view.id);
    char *text = text_of(meow);
    size_t json_at = (size_t)(meow->json - text) + strlen(ID_MEMBER "\"");
    memcpy(text, id, id_len);
    memcpy(text + json_at, id, id_len);
}

struct meow *meow_hold(struct meow *meow)
{
    atomic_fetch_add_explicit(&meow->references, 1, memory_order_relaxed);
    return meow;
}

void meow_release(struct meow *meow)
{
    /* Release and acquire: whoever frees it comes after everyone's last look at it. */
    if (meow != NULL && atomic_fetch_sub_explicit(&meow->references, 1, memory_order_acq_rel) == 1) {
        free(meow);
    }
}

bool meow_has_body(const struct meow *meow)
{
    return meow->view.body != NULL;
}
