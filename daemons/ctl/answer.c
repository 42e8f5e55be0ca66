/* answer.c - see answer.h. */
#include "ctl/answer.h"
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_SECONDS_MAX 30L
#define ANSWER_LEN_MAX     (16u << 20) /* of an answer that is kept: a thousand meows are far smaller */

/* For CURLOPT_WRITEFUNCTION. */
static size_t collect(char *data, size_t size, size_t count, void *context)
{
    struct answer *answer = context;
    size_t len = size * count;
    char *text;

    if (len > ANSWER_LEN_MAX - answer->len) {
        return 0;
    }
    text = realloc(answer->text, answer->len + len + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text + answer->len, data, len);
    answer->text = text;
    answer->len += len;
    answer->text[answer->len] = '\0';
    return len;
}

/* Says what the server said was wrong. */
static void report(long http_status, const struct answer *answer)
{
    cJSON *json = answer->text == NULL ? NULL : cJSON_Parse(answer->text);
    const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "error"));
    const char *detail = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "detail"));

    fprintf(stderr, "meowctl: the server answered %ld: %s%s%s\n", http_status,
            error != NULL ? error : "no reason given", detail != NULL ? ": " : "", detail != NULL ? detail : "");
    cJSON_Delete(json);
}

int answer_perform(CURL *curl, const char *url, struct answer *answer)
{
    long http_status = 0;
    CURLcode code;

    *answer = (struct answer){0};
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_SECONDS_MAX);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
    if (code != CURLE_OK) {
        fprintf(stderr, "meowctl: %s: %s\n", url, curl_easy_strerror(code));
        return 1;
    }
    if (http_status < 200 || http_status > 299) {
        report(http_status, answer);
        return 1;
    }
    return 0;
}

int answer_get(const char *url, const char *path, const char *method, struct answer *answer)
{
    CURL *curl = curl_easy_init();
    char whole[2048];
    int failed = 1;

    *answer = (struct answer){0};
    if (curl == NULL) {
        fprintf(stderr, "meowctl: libcurl cannot be started\n");
        return 1;
    }
    if (snprintf(whole, sizeof(whole), "%s%s", url, path) < (int)sizeof(whole)) {
        curl_easy_setopt(curl, CURLOPT_URL, whole);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
        failed = answer_perform(curl, url, answer);
    } else {
        fprintf(stderr, "meowctl: the address of the server is too long\n");
    }
    curl_easy_cleanup(curl);
    return failed;
}

void answer_free(struct answer *answer)
{
    free(answer->text);
    *answer = (struct answer){0};
}
