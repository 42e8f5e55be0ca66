/* findings.c - the findings of a check: kept up to a limit, counted all, given out in order. */
#include "api/findings.h"
#include "api/arguments.h"
#include "base/sized.h"
#include <meower/backend.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sized_type totals_type = SIZED_TYPE(meower_check_totals, MEOWER_CHECK_TOTALS_INIT, findings);

static bool make_room(meower_check *check)
{
    size_t capacity = check->capacity == 0 ? 16 : check->capacity * 2;
    struct check_finding *findings;

    if (check->count < check->capacity) {
        return true;
    }
    findings = reallocarray(check->findings, capacity, sizeof(*findings));
    if (findings == NULL) {
        return false;
    }
    check->findings = findings;
    check->capacity = capacity;
    return true;
}

int findings_add(meower_check *check, int kind, uint64_t position, const char *id, const char *format, ...)
{
    struct check_finding *finding;
    va_list arguments;

    check->totals.findings++;
    if (check->count == MEOWER_FINDINGS_MAX) {
        return MEOWER_OK;
    }
    if (!make_room(check)) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    finding = &check->findings[check->count++];
    *finding = (struct check_finding){.view = {.kind = kind, .position = position}};
    snprintf(finding->id, sizeof(finding->id), "%s", id);
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
    return MEOWER_OK;
}

static int compare_findings(const void *left, const void *right)
{
    const struct check_finding *a = left;
    const struct check_finding *b = right;

    if (a->view.position != b->view.position) {
        return a->view.position < b->view.position ? -1 : 1;
    }
    return a->view.kind != b->view.kind ? a->view.kind - b->view.kind : strcmp(a->id, b->id);
}

void findings_sort(meower_check *check)
{
    if (check->count > 0) {
        qsort(check->findings, check->count, sizeof(*check->findings), compare_findings);
    }
    for (size_t i = 0; i < check->count; i++) {
        check->findings[i].view.id = check->findings[i].id;
        check->findings[i].view.text = check->findings[i].text;
    }
}

/* ---- reading them ----------------------------------------------------------------------------------------------- */

int meower_check_read_totals(const meower_check *check, meower_check_totals *out, meower_error *error)
{
    int status;

    if (check == NULL || out == NULL) {
        return refuse_null(check == NULL ? "the check" : "out", error);
    }
    status = sized_check(&totals_type, out, error);
    if (status == MEOWER_OK) {
        sized_write(&totals_type, out, out->struct_size, &check->totals);
    }
    return status;
}

const meower_finding *meower_check_finding(const meower_check *check, size_t index)
{
    return check == NULL || index >= check->count ? NULL : &check->findings[index].view;
}

void meower_check_free(meower_check *check)
{
    if (check != NULL) {
        free(check->findings);
        free(check);
    }
}
