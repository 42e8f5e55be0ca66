/* config_help.c - what --help prints, made of the tables that everything else is read by. */
#include "server/process/config.h"

#include <stdio.h>
#include <string.h>

#define NAME_COLUMN 30 /* characters before the help text */
#define WIDTH       110

/* The text from column NAME_COLUMN on, in lines of WIDTH. */
static void print_wrapped(const char *text)
{
    size_t column = NAME_COLUMN;
    while (*text != '\0') {
        size_t word_len = strcspn(text, " ");
        if (column > NAME_COLUMN && column + 1 + word_len > WIDTH) {
            printf("\n%*s", NAME_COLUMN, "");
            column = NAME_COLUMN;
        } else if (column > NAME_COLUMN) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)word_len, text);
        column += word_len;
        text += word_len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_row(const char *name, const char *value_name, const char *default_value, const char *help)
{
    char flag[NAME_COLUMN + 60], text[700];
    int len = snprintf(flag, sizeof(flag), "  --%s %s", name, value_name);
    for (char *c = flag + 4; *c != ' ' && *c != '\0'; c++) {
        if (*c == '_') {
            *c = '-';
        }
    }
    printf("%-*s", NAME_COLUMN, flag);
    if (len >= NAME_COLUMN) {
        printf("\n%*s", NAME_COLUMN, "");
    }
    if (default_value == NULL) {
        snprintf(text, sizeof(text), "%s", help);
    } else {
        snprintf(text, sizeof(text), "%s [%s]", help, default_value);
    }
    print_wrapped(text);
}

static const char *value_name_of(enum setting_type type)
{
    static const char *const names[] = {
        [SETTING_TEXT] = "TEXT",   [SETTING_ADDRESS] = "HOST:PORT", [SETTING_FOLDER] = "TEXT",
        [SETTING_FORMAT] = "TEXT", [SETTING_NUMBER] = "NUMBER",     [SETTING_SWITCH] = "on|off",
    };
    return names[type];
}

void config_print_help(const struct config_defaults *defaults)
{
    printf("%s - %s\n\nUsage: %s [--NAME VALUE | --NAME=VALUE]...\n\n", defaults->program, defaults->summary,
           defaults->program);
    puts("Each setting is a flag (--log-format json), an environment variable (MEOWER_LOG_FORMAT=json) and a line of\n"
         "the file that --config names (log_format=json); a flag goes before a variable, a variable before the file.\n"
         "Defaults stand in brackets.\n");
    for (size_t i = 0; setting_at(i) != NULL; i++) {
        const struct setting_row *row = setting_at(i);
        if (row->type == SETTING_FOLDER && !defaults->has_data_directory) {
            continue;
        }
        print_row(row->name, value_name_of(row->type),
                  row->default_value == NULL ? defaults->listen : row->default_value, row->help);
    }
    print_row("config", "FILE", NULL, "File of settings, a line NAME=VALUE each; # begins a comment.");
    print_row("check-config", "", NULL, "Read all settings, say whether they are right, and end.");
    print_row("version", "", NULL, "Print the version and end.");
    print_row("help", "", NULL, "Print this and end.");
    puts("\nThe feed:");
    for (size_t i = 0; meower_option_at(i) != NULL; i++) {
        const meower_option *option = meower_option_at(i);
        bool in_data = defaults->has_data_directory;
        const char *value = in_data && strcmp(option->name, "store") == 0    ? "sqlite:DATA/feed.db"
                            : in_data && strcmp(option->name, "search") == 0 ? "index:DATA/search"
                                                                             : option->default_value;
        if (!config_hides_option(option->name)) {
            print_row(option->name,
                      option->type == MEOWER_OPTION_NUMBER    ? "NUMBER"
                      : option->type == MEOWER_OPTION_BOOLEAN ? "true|false"
                                                              : "TEXT",
                      value, option->help);
        }
    }
}
