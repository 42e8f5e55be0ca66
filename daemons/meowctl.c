/* meowctl.c - the command line of a feed: post, delete, list, search, tail, against a server or straight on a store;
 * and what looks after its data. */
#include "ctl/maintenance.h"
#include "ctl/target.h"
#include <errno.h>
#include <getopt.h>
#include <meower/meower.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "meowctl - post to, read and follow a feed\n"
    "\n"
    "Usage: meowctl [OPTION...] COMMAND\n"
    "\n"
    "Commands\n"
    "  post TEXT       post a meow and print its id (TEXT -: one meow for each line of standard input)\n"
    "  delete ID       delete a meow\n"
    "  list            print the newest meows\n"
    "  search TEXT     print the best matches\n"
    "  tail            print events as they happen\n"
    "  backup FILE     copy the store into a new file; it may be in use (--store)\n"
    "  check           compare store, positions and search index; status 1 and a line for each difference (--store)\n"
    "  rebuild search  make the search index anew beside the one in use, and swap (--admin, or --store with --search)\n"
    "  restore FILE    put a copy in the place of the store; nobody may have it open (--store)\n"
    "  new-epoch       make the store another one for all who hold a cursor (--store)\n"
    "\n"
    "Where\n"
    "  --url URL       a server (default: $MEOWER_URL, or http://127.0.0.1:8080)\n"
    "  --admin URL     its admin listener (default: $MEOWER_ADMIN_URL, or http://127.0.0.1:9180)\n"
    "  --store URL     no server: open this store, such as sqlite:feed.db\n"
    "  --search URL    with --store: the search index, such as index:search (default: one in memory)\n"
    "  --token TOKEN   authorises deletions (default: $MEOWER_TOKEN)\n"
    "\n"
    "How\n"
    "  --take N        meows to print at most (default 20)\n"
    "  --skip N        newest meows to leave out (list)\n"
    "  --label LABEL   KEY=VALUE: a label that the meow gets (post) or must have (list, search, tail); again for more\n"
    "  --query TEXT    only meows that have all these words (tail; deletions come whatever is asked for)\n"
    "  --since CURSOR  events after this cursor, all of them, once, in order (tail); start: from the first on\n"
    "  --cursors       print the cursor before each event, to go on after it later (tail; JSON has it anyway)\n"
    "  --json          print JSON\n"
    "  --help          this text\n"
    "  --version       the version\n";

struct settings {
    const char *url;
    const char *admin;
    const char *store;
    const char *search;
    const char *token;
    const char *since;
    const char *query;
    uint64_t skip;
    uint32_t take;
    meower_label labels[MEOWER_LABELS_MAX]; /* their texts are those of the command line */
    size_t label_count;
    bool as_json;
    bool with_cursors;
};

/* Exit statuses. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2
};

static int parse_number(const char *name, const char *text, uint64_t max, uint64_t *out)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > max) {
        fprintf(stderr, "meowctl: --%s must be a number from 0 to %llu, not \"%s\"\n", name, (unsigned long long)max,
                text);
        return EXIT_USAGE;
    }
    *out = value;
    return EXIT_DONE;
}

static int refuse_label(const char *why)
{
    fprintf(stderr, "meowctl: --label: %s\n", why);
    return EXIT_USAGE;
}

static int add_label(struct settings *settings, const char *text)
{
    const char *equals = strchr(text, '=');
    meower_label label;
    meower_error error;

    if (equals == NULL) {
        return refuse_label("it must be KEY=VALUE, such as room=garden");
    }
    label = (meower_label){text, (size_t)(equals - text), equals + 1, strlen(equals + 1)};
    if (meower_labels_check(&label, 1, &error) != MEOWER_OK) {
        return refuse_label(error.message);
    }
    if (settings->label_count == MEOWER_LABELS_MAX) {
        return refuse_label("there are more than 16; a meow has 16 labels at most, and a filter asks for 16 at most");
    }
    settings->labels[settings->label_count++] = label;
    return EXIT_DONE;
}

/* Reads the options. Returns EXIT_DONE, EXIT_USAGE, or -1 when all is said. */
static int parse_options(int argc, char **argv, struct settings *settings)
{
    static const struct option options[] = {{"url", required_argument, NULL, 'u'},
                                            {"admin", required_argument, NULL, 'a'},
                                            {"store", required_argument, NULL, 's'},
                                            {"search", required_argument, NULL, 'x'},
                                            {"token", required_argument, NULL, 't'},
                                            {"take", required_argument, NULL, 'n'},
                                            {"skip", required_argument, NULL, 'k'},
                                            {"label", required_argument, NULL, 'l'},
                                            {"since", required_argument, NULL, 'c'},
                                            {"query", required_argument, NULL, 'q'},
                                            {"cursors", no_argument, NULL, 'C'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    uint64_t number;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'u':
            settings->url = optarg;
            break;
        case 'a':
            settings->admin = optarg;
            break;
        case 's':
            settings->store = optarg;
            break;
        case 'x':
            settings->search = optarg;
            break;
        case 't':
            settings->token = optarg;
            break;
        case 'c':
            settings->since = optarg;
            break;
        case 'q':
            settings->query = optarg;
            break;
        case 'C':
            settings->with_cursors = true;
            break;
        case 'j':
            settings->as_json = true;
            break;
        case 'n':
            if (parse_number("take", optarg, MEOWER_TAKE_MAX, &number) != EXIT_DONE) {
                return EXIT_USAGE;
            }
            settings->take = (uint32_t)number;
            break;
        case 'k':
            if (parse_number("skip", optarg, INT64_MAX, &settings->skip) != EXIT_DONE) {
                return EXIT_USAGE;
            }
            break;
        case 'l':
            if (add_label(settings, optarg) != EXIT_DONE) {
                return EXIT_USAGE;
            }
            break;
        case 'h':
            fputs(help, stdout);
            return -1;
        case 'v':
            printf("meowctl %s\n", meower_version());
            return -1;
        default:
            fprintf(stderr, "Try: meowctl --help\n");
            return EXIT_USAGE;
        }
    }
    return EXIT_DONE;
}

static int post_lines(struct target *target)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int failed = 0;

    while (!failed && (len = getline(&line, &size, stdin)) >= 0) {
        if (len > 0 && line[len - 1] == '\n') {
            line[--len] = '\0';
        }
        if (len > 0) {
            failed = target->operations->post(target, line);
        }
    }
    free(line);
    return failed;
}

/* Carries out `command` with its argument (NULL: none given). */
static int run(struct target *target, const struct settings *settings, const char *command, const char *argument)
{
    if (strcmp(command, "list") == 0) {
        return target->operations->list(target, settings->skip, settings->take);
    }
    if (strcmp(command, "tail") == 0) {
        return target->operations->tail(target, settings->since);
    }
    if (strcmp(command, "search") == 0) {
        return target->operations->search(target, argument, settings->take);
    }
    if (strcmp(command, "delete") == 0) {
        return target->operations->remove(target, argument);
    }
    return strcmp(argument, "-") == 0 ? post_lines(target) : target->operations->post(target, argument);
}

struct command {
    const char *name;
    int arguments;
    bool takes_labels;
};

static const struct command *find_command(const char *name)
{
    static const struct command commands[] = {
        {"post", 1, true},     {"delete", 1, false}, {"list", 0, true},     {"search", 1, true},
        {"tail", 0, true},     {"backup", 1, false}, {"restore", 1, false}, {"new-epoch", 0, false},
        {"rebuild", 1, false}, {"check", 0, false},
    };

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

/* Whether the words after the options are a command with its argument, and the labels are for it. */
static int check_command(int argc, char **argv, const struct settings *settings)
{
    const struct command *command = argc == 0 ? NULL : find_command(argv[0]);

    if (command == NULL) {
        fprintf(stderr, "meowctl: %s%s; meowctl --help names the commands\n",
                argc == 0 ? "no command" : "unknown command ", argc == 0 ? "" : argv[0]);
        return EXIT_USAGE;
    }
    if (argc - 1 != command->arguments) {
        fprintf(stderr, "meowctl: %s takes %s; try: meowctl --help\n", command->name,
                command->arguments == 0 ? "no argument" : "one argument (quote a text with spaces)");
        return EXIT_USAGE;
    }
    if (settings->label_count > 0 && !command->takes_labels) {
        fprintf(stderr, "meowctl: %s takes no --label; try: meowctl --help\n", command->name);
        return EXIT_USAGE;
    }
    if (settings->query != NULL && strcmp(command->name, "tail") != 0) {
        fprintf(stderr, "meowctl: %s takes no --query; try: meowctl --help\n", command->name);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    struct settings settings = {.url = getenv("MEOWER_URL"),
                                .admin = getenv("MEOWER_ADMIN_URL"),
                                .token = getenv("MEOWER_TOKEN"),
                                .since = "",
                                .take = 20};
    struct target *target;
    int status = parse_options(argc, argv, &settings);

    if (status != EXIT_DONE) {
        return status < 0 ? EXIT_DONE : status;
    }
    status = check_command(argc - optind, argv + optind, &settings);
    if (status != EXIT_DONE) {
        return status;
    }
    if (maintenance_is_command(argv[optind])) {
        const struct maintenance maintenance = {
            .store = settings.store,
            .search = settings.search,
            .admin = settings.admin != NULL ? settings.admin : "http://127.0.0.1:9180",
        };
        return maintenance_run(&maintenance, argv[optind], argv[optind + 1]) == 0 ? EXIT_DONE : EXIT_FAILED;
    }
    if (settings.store != NULL) {
        target = store_target_open(settings.store, settings.search);
    } else {
        target = http_target_open(settings.url != NULL ? settings.url : "http://127.0.0.1:8080", settings.token);
    }
    if (target == NULL) {
        return EXIT_FAILED;
    }
    target->as_json = settings.as_json;
    target->with_cursors = settings.with_cursors;
    target->labels = settings.labels;
    target->label_count = settings.label_count;
    target->query = settings.query;
    status = run(target, &settings, argv[optind], argv[optind + 1]) == 0 ? EXIT_DONE : EXIT_FAILED;
    target->operations->close(target);
    return status;
}
