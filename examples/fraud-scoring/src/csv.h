/* Lines and fields of a CSV file (RFC 4180, one record a line).
 *
 * In: a stream of untrusted bytes. Out: NUL-terminated fields that point into the reader's own line.
 * Not here: what the fields mean (transaction.h). A quoted field may hold commas and doubled quotes but
 * no line break, so that a line number names exactly one record. */
#ifndef CSV_H
#define CSV_H

#include <stdint.h>
#include <stdio.h>

/* A well-formed record takes at most about 200 bytes; the rest is room for quotes. */
enum { CSV_LINE_MAX = 1024 };

enum csv_status {
    CSV_LINE,     /* a line is in `text` */
    CSV_TOO_LONG, /* the line was longer than CSV_LINE_MAX and was skipped */
    CSV_NUL_BYTE, /* the line holds a NUL byte, which would hide what follows it */
    CSV_END,      /* no more lines */
    CSV_FAILED    /* the stream reported a read error */
};

struct csv_reader {
    FILE *in;
    uint64_t line_number; /* of the line read last, from 1 */
    size_t length;
    char text[CSV_LINE_MAX + 1];
};

void csv_open(struct csv_reader *reader, FILE *in);

/* Reads the next line without its end (LF or CRLF). */
enum csv_status csv_next_line(struct csv_reader *reader);

enum { CSV_BAD_QUOTES = -1 };

/* Splits `text` in place. Returns how many fields the line has, of which the first `max_fields` are
 * stored, or CSV_BAD_QUOTES. */
int csv_split(char *text, char *fields[], int max_fields);

#endif
