#include "options.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "transaction.h"

const char usage[] =
    "usage: fraud-scoring [--threshold 0.xx] [--top N] [--json] [FILE]\n"
    "\n"
    "Scores card transactions and prints those that look like fraud.\n"
    "\n"
    "  FILE              CSV file; standard input if it is `-` or absent\n"
    "  --threshold 0.xx  flag scores from here on, 0 to 1 with at most 3 decimals (default 0.50)\n"
    "  --top N           print only the N highest scores (default all)\n"
    "  --json            print JSON instead of text\n"
    "  --help            print this\n"
    "\n"
    "exit status: 0 done; 1 done, but lines were malformed; 2 usage, or the file could not be read\n";

static bool usage_error(const char *problem, const char *argument)
{
    fprintf(stderr, "fraud-scoring: %s `%s`\n", problem, argument);
    fprintf(stderr, "fraud-scoring: hint: try `--help`\n");
    return false;
}

static bool threshold_parse(const char *text, int *out)
{
    int64_t value;
    if (!decimal_parse(text, 3, &value) || text[0] == '-' || value > 1000)
        return usage_error("--threshold takes a number from 0 to 1 with at most 3 decimals, found", text);
    *out = (int)value;
    return true;
}

static bool top_parse(const char *text, size_t *out)
{
    int64_t value;
    if (!decimal_parse(text, 0, &value) || text[0] == '-')
        return usage_error("--top takes a whole number of at most 9 digits, found", text);
    *out = (size_t)value;
    return true;
}

/* If `argv[*index]` is the option `name`, as `name value` or `name=value`, stores its value (NULL if it
 * has none) and moves `*index` to the last argument used. */
static bool takes_value(const char *name, int argc, char **argv, int *index, const char **value)
{
    const size_t length = strlen(name);
    const char *argument = argv[*index];
    if (strncmp(argument, name, length) != 0)
        return false;
    if (argument[length] == '=') {
        *value = argument + length + 1;
        return true;
    }
    if (argument[length] != '\0')
        return false;
    *value = *index + 1 < argc ? argv[++*index] : NULL;
    return true;
}

bool options_parse(int argc, char **argv, struct options *out)
{
    bool only_paths = false;
    bool has_path = false;
    const char *value = NULL;

    *out = (struct options){.threshold = 500, .top = SIZE_MAX};
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (only_paths || argument[0] != '-' || argument[1] == '\0') {
            if (has_path)
                return usage_error("expected one file, found another one:", argument);
            has_path = true;
            out->path = !only_paths && strcmp(argument, "-") == 0 ? NULL : argument;
        } else if (strcmp(argument, "--") == 0) {
            only_paths = true;
        } else if (strcmp(argument, "--json") == 0) {
            out->json = true;
        } else if (strcmp(argument, "--help") == 0) {
            out->help = true;
        } else if (takes_value("--threshold", argc, argv, &i, &value)) {
            if (value == NULL)
                return usage_error("expected a value after", argument);
            if (!threshold_parse(value, &out->threshold))
                return false;
        } else if (takes_value("--top", argc, argv, &i, &value)) {
            if (value == NULL)
                return usage_error("expected a value after", argument);
            if (!top_parse(value, &out->top))
                return false;
        } else {
            return usage_error("unknown option", argument);
        }
    }
    return true;
}
