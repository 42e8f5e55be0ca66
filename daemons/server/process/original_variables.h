/* original_variables.h - the environment variables of the original system's three services. */
#ifndef SERVER_PROCESS_ORIGINAL_VARIABLES_H
#define SERVER_PROCESS_ORIGINAL_VARIABLES_H

#include "server/process/config.h"

/* Sets store, bus and search from POSTGRES_DB (with POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_HOST), NATS_ADDRESS and
 * ELASTICSEARCH_ADDRESS, each where the user gave no setting of ours. False with config->message when one of them is
 * wrong. */
bool original_variables_read(struct config *config);

#endif
