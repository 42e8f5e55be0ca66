/* data_directory.h - the folder that holds the data of a daemon that keeps its own. */
#ifndef SERVER_PROCESS_DATA_DIRECTORY_H
#define SERVER_PROCESS_DATA_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

/* Creates the folder and those above it where they are missing (*is_new tells), and checks that files can be made in
 * it. Changes nothing that is there. False with one sentence in `message`. */
bool data_directory_prepare(const char *path, bool *is_new, char *message, size_t message_size);

#endif
