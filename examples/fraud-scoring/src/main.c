/* fraud-scoring: reads card transactions, scores them, prints those that look like fraud.
 *
 * A malformed line is reported and left out; it never ends the run and never passes for a good one. The
 * exit status then says so. Options and exit status: options.c. Formats and weights: README.md. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "csv.h"
#include "ledger.h"
#include "options.h"
#include "report.h"
#include "transaction.h"

enum { EXIT_DONE = 0, EXIT_MALFORMED = 1, EXIT_FAILED = 2 };

static void line_error(struct report *report, uint64_t line, const char *problem)
{
    report->malformed++;
    fprintf(stderr, "fraud-scoring: line %" PRIu64 ": %s\n", line, problem);
}

/* Shows what stood in a field, but never more than `FOUND_MAX` of it and no byte that a terminal obeys. */
static void field_error(struct report *report, uint64_t line, const struct parse_error *error)
{
    enum { FOUND_MAX = 40 };

    report->malformed++;
    fprintf(stderr, "fraud-scoring: line %" PRIu64 ": expected `%s` to be %s", line, error->field,
            error->expected);
    if (error->found != NULL) {
        char found[FOUND_MAX + 1];
        size_t length = 0;
        for (; length < FOUND_MAX && error->found[length] != '\0'; length++) {
            const char c = error->found[length];
            found[length] = c >= ' ' && c <= '~' ? c : '?';
        }
        found[length] = '\0';
        fprintf(stderr, ", found `%s`%s", found, error->found[length] != '\0' ? " and more" : "");
    }
    fputc('\n', stderr);
}

/* Returns false only when memory is out. */
static bool score_line(char *text, uint64_t line, struct ledger *ledger, struct report *report)
{
    char *fields[TRANSACTION_FIELDS];
    struct transaction transaction;
    struct parse_error error;
    struct score score;

    const int count = csv_split(text, fields, TRANSACTION_FIELDS);
    if (count == CSV_BAD_QUOTES) {
        line_error(report, line, "quotes do not enclose a whole field");
        return true;
    }
    if (count != TRANSACTION_FIELDS) {
        char problem[64];
        snprintf(problem, sizeof problem, "expected %d fields, found %d", (int)TRANSACTION_FIELDS, count);
        line_error(report, line, problem);
        return true;
    }
    if (!transaction_parse(fields, &transaction, &error)) {
        field_error(report, line, &error);
        return true;
    }
    switch (ledger_score(ledger, &transaction, &score)) {
    case LEDGER_SCORED:
        return report_add(report, line, &transaction, &score);
    case LEDGER_OUT_OF_ORDER:
        line_error(report, line, "earlier than the line before it of the same card");
        return true;
    case LEDGER_OUT_OF_MEMORY:
        break;
    }
    return false;
}

/* Without its header a file may have any columns in any order: nothing in it can be trusted. */
static bool is_header(enum csv_status status, const struct csv_reader *reader)
{
    return status == CSV_LINE && strcmp(reader->text, transaction_header) == 0;
}

static bool failure(const char *problem, const char *reason)
{
    fprintf(stderr, "fraud-scoring: %s: %s\n", problem, reason);
    return false;
}

/* Scores every line of `in`. Returns false, having said why, if the report is not complete. */
static bool score_stream(FILE *in, struct ledger *ledger, struct report *report)
{
    struct csv_reader reader;
    csv_open(&reader, in);
    enum csv_status status = csv_next_line(&reader);
    if (status != CSV_FAILED && !is_header(status, &reader)) {
        line_error(report, 1, "not the expected header, so nothing was scored");
        fprintf(stderr, "fraud-scoring: hint: the first line must be `%s`\n", transaction_header);
        return true;
    }
    while (status != CSV_FAILED) {
        status = csv_next_line(&reader);
        if (status == CSV_END)
            return true;
        if (status == CSV_TOO_LONG)
            line_error(report, reader.line_number, "longer than 1024 bytes");
        else if (status == CSV_NUL_BYTE)
            line_error(report, reader.line_number, "holds a NUL byte");
        else if (status == CSV_LINE && reader.length > 0
                 && !score_line(reader.text, reader.line_number, ledger, report))
            return failure("cannot go on", "out of memory");
    }
    return failure("cannot read the input", strerror(errno));
}

static bool score_path(const char *path, struct ledger *ledger, struct report *report)
{
    if (path == NULL)
        return score_stream(stdin, ledger, report);
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        fprintf(stderr, "fraud-scoring: cannot open `%s`: %s\n", path, strerror(errno));
        return false;
    }
    const bool complete = score_stream(in, ledger, report);
    fclose(in);
    return complete;
}

/* A report that did not reach its reader is a failure, even if every line was good. */
static bool flush_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    return failure("cannot write the output", strerror(errno));
}

int main(int argc, char **argv)
{
    struct options options;
    if (!options_parse(argc, argv, &options))
        return EXIT_FAILED;
    if (options.help) {
        fputs(usage, stdout);
        return flush_output() ? EXIT_DONE : EXIT_FAILED;
    }

    struct ledger ledger = {0};
    struct report report = {.threshold = options.threshold};
    bool done = score_path(options.path, &ledger, &report);
    if (done) {
        report.cards = ledger.card_count;
        report_sort(&report);
        if (options.json)
            report_print_json(&report, options.top);
        else
            report_print_text(&report, options.top);
        done = flush_output();
    }
    const bool malformed = report.malformed > 0;
    report_free(&report);
    ledger_free(&ledger);
    if (!done)
        return EXIT_FAILED;
    return malformed ? EXIT_MALFORMED : EXIT_DONE;
}
