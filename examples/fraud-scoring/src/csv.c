#include "csv.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

void csv_open(struct csv_reader *reader, FILE *in)
{
    memset(reader, 0, sizeof *reader);
    reader->in = in;
}

/* Some spreadsheets begin a UTF-8 file with a byte order mark; it is not part of the first field. */
static void drop_byte_order_mark(struct csv_reader *reader)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const size_t size = sizeof mark - 1;
    if (reader->length >= size && memcmp(reader->text, mark, size) == 0) {
        reader->length -= size;
        memmove(reader->text, reader->text + size, reader->length + 1);
    }
}

enum csv_status csv_next_line(struct csv_reader *reader)
{
    bool has_nul = false;
    bool too_long = false;
    bool any = false;
    int c;

    reader->length = 0;
    while ((c = getc(reader->in)) != EOF) {
        any = true;
        if (c == '\n')
            break;
        has_nul = has_nul || c == '\0';
        if (reader->length < CSV_LINE_MAX)
            reader->text[reader->length++] = (char)c;
        else
            too_long = true; /* read on: the rest must not pass for a line of its own */
    }
    if (ferror(reader->in))
        return CSV_FAILED;
    if (!any)
        return CSV_END;
    reader->line_number++;
    if (too_long)
        return CSV_TOO_LONG;
    if (has_nul)
        return CSV_NUL_BYTE;
    if (reader->length > 0 && reader->text[reader->length - 1] == '\r')
        reader->length--;
    reader->text[reader->length] = '\0';
    if (reader->line_number == 1)
        drop_byte_order_mark(reader);
    return CSV_LINE;
}

/* Removes the quotes of the field that begins at `*cursor` (just after its opening quote), moving its
 * bytes to `out`. Afterwards `*cursor` is on the comma or the end. Returns false on stray quotes. */
static bool unquote(char **cursor, char *out)
{
    char *in = *cursor;
    for (;;) {
        if (*in == '\0')
            return false;
        if (*in == '"') {
            if (in[1] != '"')
                break;
            in++;
        }
        *out++ = *in++;
    }
    in++; /* the closing quote; `out` is behind it, so ending the field there overwrites nothing unread */
    *out = '\0';
    *cursor = in;
    return *in == ',' || *in == '\0';
}

int csv_split(char *text, char *fields[], int max_fields)
{
    int count = 0;
    char *cursor = text;
    for (;;) {
        char *start = cursor;
        if (*cursor == '"') {
            cursor++;
            if (!unquote(&cursor, start))
                return CSV_BAD_QUOTES;
        } else {
            cursor += strcspn(cursor, ",\"");
            if (*cursor == '"')
                return CSV_BAD_QUOTES;
        }
        const bool last = *cursor == '\0';
        *cursor++ = '\0';
        if (count < max_fields)
            fields[count] = start;
        count++;
        if (last)
            return count;
    }
}
