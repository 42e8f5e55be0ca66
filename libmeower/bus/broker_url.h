/* broker_url.h - the URL of a message broker taken apart:
 * scheme://[user:password@|token@]host:port[,host2:port][/path][?name=value&name=value] */
#ifndef BUS_BROKER_URL_H
#define BUS_BROKER_URL_H

#include <meower/backend.h>

#define BROKER_URL_HOSTS_MAX      32
#define BROKER_URL_PARAMETERS_MAX 32

struct broker_parameter {
    const char *name;
    const char *value;
};

/* Everything decoded (%2F is /). Made by broker_url_parse(), released by broker_url_free(). */
struct broker_url {
    char redacted[200];                      /* the whole URL without its secrets: for messages */
    const char *user;                        /* NULL: none; a token stands alone here */
    const char *password;                    /* NULL: none */
    const char *hosts[BROKER_URL_HOSTS_MAX]; /* each "host:port"; an IPv6 address in brackets */
    size_t host_count;                       /* at least 1 */
    const char *path;                        /* what follows the slash; "": nothing */
    struct broker_parameter parameters[BROKER_URL_PARAMETERS_MAX];
    size_t parameter_count;
    char *text; /* what the pointers above point into */
};

/* Takes config->url apart. Hosts without a port get `default_port`; each may begin with "scheme://" as the first one
 * does. Returns a status; INVALID says what is wrong and what would be right. */
int broker_url_parse(const meower_backend_config *config, const char *default_port, struct broker_url *url,
                     meower_error *error);
void broker_url_free(struct broker_url *url);

#endif
