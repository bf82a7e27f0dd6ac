/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct options {
    const char *path; /* NULL for standard input */
    int threshold;    /* thousandths */
    size_t top;       /* SIZE_MAX for all */
    bool json;
    bool help;
};

extern const char usage[];

/* Returns false after saying on stderr what is wrong. */
bool options_parse(int argc, char **argv, struct options *out);

#endif
