/* rebuild.h - meowctl rebuild: asks a running daemon, or does it on a store of its own. */
#ifndef CTL_REBUILD_H
#define CTL_REBUILD_H

#include <meower/options.h>

/* Has the daemon whose admin listener is at `url` make its search index anew, and waits until it has. Returns 0, or 1
 * with a message on stderr. */
int rebuild_by_daemon(const char *url);

/* The same with an instance of our own. */
int rebuild_by_library(const meower_options *options);

#endif
