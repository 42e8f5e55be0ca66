/* broker_url.c - the URL of a message broker taken apart. Generic syntax: RFC
 * 3986; a list of hosts is what NATS and Kafka add to it. */
#include "bus/broker_url.h"
#include "base/url.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_TEXT_SIZE 6 /* "65535" */

/* What is being read, and where decoded text goes. */
struct parser {
    const meower_backend_config *config;
    const char *default_port;
    const char *at;
    char *out;
    struct broker_url *url;
    meower_error *error;
};

static int refuse(const struct parser *parser, const char *what)
{
    const char *url = parser->config->url;
    return meower_error_set(parser->error, MEOWER_ERROR_INVALID, 0, 0,
                            "the bus \"%s\" %s; right is %.*s://host:port[,host2:port]", parser->url->redacted, what,
                            (int)strcspn(url, ":"), url);
}

static int digit_of(char character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    if (character >= 'a' && character <= 'f') {
        return character - 'a' + 10;
    }
    if (character >= 'A' && character <= 'F') {
        return character - 'A' + 10;
    }
    return -1;
}

/* Decodes %XX (RFC 3986, 2.1). NULL when that is malformed or hides a NUL. */
static const char *decode(struct parser *parser, const char *start, const char *end)
{
    char *decoded = parser->out;
    for (const char *at = start; at < end; at++) {
        char character = *at;
        if (character == '%') {
            int high = end - at > 2 ? digit_of(at[1]) : -1;
            int low = high >= 0 ? digit_of(at[2]) : -1;
            if (low < 0 || high + low == 0) {
                return NULL;
            }
            character = (char)(high * 16 + low);
            at += 2;
        }
        *parser->out++ = character;
    }
    *parser->out++ = '\0';
    return decoded;
}

static int parse_credentials(struct parser *parser, const char *start, const char *end)
{
    const char *colon = memchr(start, ':', (size_t)(end - start));
    struct broker_url *url = parser->url;
    if (url->host_count > 0) {
        return refuse(parser, "has a user or password inside its list; they stand "
                              "once, before the first host");
    }
    url->user = decode(parser, start, colon == NULL ? end : colon);
    if (colon != NULL) {
        url->password = decode(parser, colon + 1, end);
    }
    if (url->user == NULL || (colon != NULL && url->password == NULL)) {
        return refuse(parser, "has a broken %XX in its user or password");
    }
    return MEOWER_OK;
}

static bool is_port(const char *start, const char *end)
{
    unsigned port = 0;
    if (start == end || end - start >= PORT_TEXT_SIZE) {
        return false;
    }
    for (const char *at = start; at < end; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        port = port * 10 + (unsigned)(*at - '0');
    }
    return port > 0 && port <= 65535;
}

/* Letters, digits, dot, hyphen and underscore; in brackets an IPv6 address,
 * perhaps with its zone. */
static bool is_host(const char *start, const char *end)
{
    bool is_address = end - start > 2 && *start == '[' && end[-1] == ']';
    if (is_address) {
        start++;
        end--;
    }
    for (const char *at = start; at < end; at++) {
        bool is_word = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        if (!is_word && strchr(is_address ? ":.%" : ".-_", *at) == NULL) {
            return false;
        }
    }
    return start < end;
}

/* One member of the list: [scheme://][user:password@]host[:port] */
static int parse_host(struct parser *parser, const char *end)
{
    const char *start = parser->at;
    const char *at_sign = memrchr(start, '@', (size_t)(end - start));
    if (at_sign != NULL) {
        int status = parse_credentials(parser, start, at_sign);
        if (status != MEOWER_OK) {
            return status;
        }
        start = at_sign + 1;
    }
    const char *bracket = memrchr(start, ']', (size_t)(end - start));
    const char *from = bracket == NULL ? start : bracket;
    const char *colon = memchr(from, ':', (size_t)(end - from));
    const char *host_end = colon == NULL ? end : colon;
    if (!is_host(start, host_end)) {
        return refuse(parser, "names no host, or one that cannot be");
    }
    if (colon != NULL && !is_port(colon + 1, end)) {
        return refuse(parser, "has a port that is none (1 to 65535)");
    }
    if (parser->url->host_count == BROKER_URL_HOSTS_MAX) {
        return refuse(parser, "has too many hosts (32 at most)");
    }
    const char *port = colon == NULL ? parser->default_port : colon + 1;
    int port_len = (int)(colon == NULL ? strlen(port) : (size_t)(end - port));
    parser->url->hosts[parser->url->host_count++] = parser->out;
    parser->out += sprintf(parser->out, "%.*s:%.*s", (int)(host_end - start), start, port_len, port) + 1;
    return MEOWER_OK;
}

static int parse_hosts(struct parser *parser)
{
    size_t prefix_len = (size_t)(parser->config->location - parser->config->url) + 2; /* "scheme://" */
    for (;;) {
        if (strncmp(parser->at, parser->config->url, prefix_len) == 0) {
            parser->at += prefix_len;
        }
        const char *end = parser->at + strcspn(parser->at, ",/?");
        int status = parse_host(parser, end);
        if (status != MEOWER_OK) {
            return status;
        }
        parser->at = end;
        if (*end != ',') {
            return MEOWER_OK;
        }
        parser->at++;
    }
}

static int parse_parameters(struct parser *parser)
{
    struct broker_url *url = parser->url;
    while (*parser->at != '\0') {
        const char *start = parser->at + 1; /* after ? or & */
        const char *end = start + strcspn(start, "&");
        const char *equals = memchr(start, '=', (size_t)(end - start));
        if (equals == NULL || equals == start) {
            return refuse(parser, "has a parameter without name or value (?name=value&name=value)");
        }
        if (url->parameter_count == BROKER_URL_PARAMETERS_MAX) {
            return refuse(parser, "has too many parameters (32 at most)");
        }
        struct broker_parameter *parameter = &url->parameters[url->parameter_count++];
        parameter->name = decode(parser, start, equals);
        parameter->value = decode(parser, equals + 1, end);
        if (parameter->name == NULL || parameter->value == NULL) {
            return refuse(parser, "has a broken %XX in a parameter");
        }
        parser->at = end;
    }
    return MEOWER_OK;
}

static int parse(struct parser *parser)
{
    if (strncmp(parser->config->location, "//", 2) != 0) {
        return refuse(parser, "lacks the // behind its scheme");
    }
    parser->at = parser->config->location + 2;
    int status = parse_hosts(parser);
    if (status != MEOWER_OK) {
        return status;
    }
    parser->url->path = "";
    if (*parser->at == '/') {
        const char *end = parser->at + strcspn(parser->at, "?");
        parser->url->path = decode(parser, parser->at + 1, end);
        if (parser->url->path == NULL) {
            return refuse(parser, "has a broken %XX in its path");
        }
        parser->at = end;
    }
    return parse_parameters(parser);
}

int broker_url_parse(const meower_backend_config *config, const char *default_port, struct broker_url *url,
                     meower_error *error)
{
    *url = (struct broker_url){.user = NULL};
    url_redact(config->url, url->redacted, sizeof(url->redacted));
    /* Decoded text is never longer; each piece adds a NUL, each host perhaps a
     * colon and a port. */
    size_t size = strlen(config->url) + BROKER_URL_HOSTS_MAX * (PORT_TEXT_SIZE + 2) + 2 * BROKER_URL_PARAMETERS_MAX + 4;
    url->text = malloc(size);
    if (url->text == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the URL of the bus");
    }
    struct parser parser = {config, default_port, NULL, url->text, url, error};
    int status = parse(&parser);
    if (status != MEOWER_OK) {
        broker_url_free(url);
    }
    return status;
}

void broker_url_free(struct broker_url *url)
{
    free(url->text);
    url->text = NULL;
}
