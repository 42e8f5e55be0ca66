/* original_variables.c - what the original system's services read from their environment, as the URLs of ours. */
#include "server/process/original_variables.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_DEFAULT "postgres" /* the original has this name written into it */
#define URL_SIZE     4200

/* A URL while it is built; `is_cut` when it does not fit. */
struct text {
    char bytes[URL_SIZE];
    size_t len;
    bool is_cut;
};

static void append_byte(struct text *text, char byte)
{
    if (text->len + 1 < sizeof(text->bytes)) {
        text->bytes[text->len++] = byte;
        text->bytes[text->len] = '\0';
    } else {
        text->is_cut = true;
    }
}

static void append(struct text *text, const char *value)
{
    for (; *value != '\0'; value++) {
        append_byte(text, *value);
    }
}

/* Appends any bytes. Those that are neither unreserved (RFC 3986, 2.3) nor in `allowed` become %XX. */
static void append_encoded(struct text *text, const char *value, const char *allowed)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *value != '\0'; value++) {
        unsigned char byte = (unsigned char)*value;
        if (byte < 0x80 && (isalnum(byte) || strchr("-._~", byte) != NULL || strchr(allowed, byte) != NULL)) {
            append_byte(text, *value);
        } else {
            append_byte(text, '%');
            append_byte(text, digits[byte >> 4]);
            append_byte(text, digits[byte & 15]);
        }
    }
}

/* The variable's value; NULL when it is not set or empty, as compose files leave it. */
static const char *value_of(const char *variable)
{
    const char *value = getenv(variable);
    return value == NULL || *value == '\0' ? NULL : value;
}

static bool give(struct config *config, const char *option, const struct text *url, const char *variable)
{
    if (!url->is_cut) {
        return config_give_option(config, option, url->bytes, variable);
    }
    snprintf(config->message, sizeof(config->message), "%s: the value is too long", variable);
    return false;
}

static bool read_store(struct config *config)
{
    struct text url = {.len = 0};
    const char *database = value_of("POSTGRES_DB"), *user = value_of("POSTGRES_USER");
    const char *password = value_of("POSTGRES_PASSWORD"), *host = value_of("POSTGRES_HOST");
    if (database == NULL || config_gives_option(config, "store")) {
        return true;
    }
    append(&url, "postgresql://");
    if (user != NULL) {
        append_encoded(&url, user, "");
        append(&url, password == NULL ? "" : ":");
        append_encoded(&url, password == NULL ? "" : password, "");
        append(&url, "@");
    }
    append_encoded(&url, host == NULL ? HOST_DEFAULT : host, ":[],"); /* HOST, HOST:PORT, [IPv6], a list, a folder */
    append(&url, "/");
    append_encoded(&url, database, "");
    return give(config, "store", &url, "POSTGRES_DB");
}

/* Sets `option` to `scheme`, then `transport` unless the address names one itself, then the variable's address. */
static bool read_address(struct config *config, const char *option, const char *variable, const char *scheme,
                         const char *transport)
{
    struct text url = {.len = 0};
    const char *address = value_of(variable);
    if (address == NULL || config_gives_option(config, option)) {
        return true;
    }
    append(&url, scheme);
    append(&url, strstr(address, "://") == NULL ? transport : "");
    append(&url, address);
    return give(config, option, &url, variable);
}

bool original_variables_read(struct config *config)
{
    return read_store(config) && read_address(config, "bus", "NATS_ADDRESS", "", "nats://") &&
           read_address(config, "search", "ELASTICSEARCH_ADDRESS", "elasticsearch:", "http://");
}
