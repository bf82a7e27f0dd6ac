#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

bool report_add(struct report *report, uint64_t line, const struct transaction *transaction,
                const struct score *score)
{
    report->transactions++;
    report->total_cents += (uint64_t)transaction->amount_cents;
    if (score->thousandths < report->threshold)
        return true;

    struct flagged *flagged = array_reserve(report->flagged, report->flagged_count,
                                            &report->flagged_capacity, sizeof *flagged);
    if (flagged == NULL)
        return false;
    report->flagged = flagged;
    flagged[report->flagged_count++] =
        (struct flagged){.line = line, .transaction = *transaction, .score = *score};
    report->flagged_cents += (uint64_t)transaction->amount_cents;
    for (int i = 0; i < score->reason_count; i++)
        report->reasons[score->reasons[i]]++;
    return true;
}

/* Total, because no two flagged transactions share a line: any qsort gives the same order. */
static int by_score_then_line(const void *left, const void *right)
{
    const struct flagged *a = left;
    const struct flagged *b = right;
    if (a->score.thousandths != b->score.thousandths)
        return a->score.thousandths > b->score.thousandths ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

void report_sort(struct report *report)
{
    if (report->flagged_count > 1)
        qsort(report->flagged, report->flagged_count, sizeof *report->flagged, by_score_then_line);
}

/* The reasons that occurred, most frequent first; equal ones in the order of the model. */
static size_t reasons_by_count(const struct report *report, enum reason out[REASON_COUNT])
{
    size_t length = 0;
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (report->reasons[i] == 0)
            continue;
        size_t at = length++;
        for (; at > 0 && report->reasons[out[at - 1]] < report->reasons[i]; at--)
            out[at] = out[at - 1];
        out[at] = (enum reason)i;
    }
    return length;
}

static size_t shown(const struct report *report, size_t top)
{
    return top < report->flagged_count ? top : report->flagged_count;
}

/* 14 characters hold every amount that can be read. */
static void print_row(const struct flagged *row)
{
    const struct transaction *t = &row->transaction;
    printf("%d.%03d  %6" PRIu64 "  %-12s  %s  %-8s  %-8s  %s  %11" PRId64 ".%02d  ",
           row->score.thousandths / 1000, row->score.thousandths % 1000, row->line, t->id, t->timestamp,
           t->card, t->merchant, t->country, t->amount_cents / 100, (int)(t->amount_cents % 100));
    for (int i = 0; i < row->score.reason_count; i++)
        printf("%s%s", i == 0 ? "" : ", ", reason_name(row->score.reasons[i]));
    puts(row->score.reason_count == 0 ? "-" : "");
}

static void print_count(const char *label, uint64_t count) { printf("%-22s %14" PRIu64 "\n", label, count); }

static void print_amount(const char *label, uint64_t cents)
{
    printf("%-22s %11" PRIu64 ".%02d\n", label, cents / 100, (int)(cents % 100));
}

void report_print_text(const struct report *report, size_t top)
{
    const size_t rows = shown(report, top);
    printf("flagged transactions: %zu of %zu, score %d.%03d or more, highest first\n\n", rows,
           report->flagged_count, report->threshold / 1000, report->threshold % 1000);
    if (rows > 0)
        printf("%-5s  %6s  %-12s  %-20s  %-8s  %-8s  %2s  %14s  %s\n", "score", "line", "transaction", "time",
               "card", "merchant", "in", "amount EUR", "reasons");
    for (size_t i = 0; i < rows; i++)
        print_row(&report->flagged[i]);

    printf("%ssummary\n\n", rows > 0 ? "\n" : "");
    print_count("transactions", report->transactions);
    print_count("cards", report->cards);
    print_count("malformed lines", report->malformed);
    print_amount("total amount EUR", report->total_cents);
    print_count("flagged", report->flagged_count);
    print_amount("flagged amount EUR", report->flagged_cents);

    enum reason reasons[REASON_COUNT];
    const size_t count = reasons_by_count(report, reasons);
    if (count > 0)
        printf("\ntop reasons\n\n");
    for (size_t i = 0; i < count; i++)
        print_count(reason_name(reasons[i]), report->reasons[reasons[i]]);
}

/* The strings of a transaction hold no character that JSON escapes (transaction.c sees to that). */
static void print_json_row(const struct flagged *row)
{
    const struct transaction *t = &row->transaction;
    printf("    {\"line\": %" PRIu64 ", \"transaction_id\": \"%s\", \"timestamp\": \"%s\", "
           "\"card_id\": \"%s\", \"merchant_id\": \"%s\", \"country\": \"%s\", \"amount_cents\": %" PRId64
           ", \"score_thousandths\": %d, \"reasons\": [",
           row->line, t->id, t->timestamp, t->card, t->merchant, t->country, t->amount_cents,
           row->score.thousandths);
    for (int i = 0; i < row->score.reason_count; i++)
        printf("%s\"%s\"", i == 0 ? "" : ", ", reason_name(row->score.reasons[i]));
    printf("]}");
}

void report_print_json(const struct report *report, size_t top)
{
    const size_t rows = shown(report, top);
    printf("{\n  \"threshold_thousandths\": %d,\n  \"flagged\": [", report->threshold);
    for (size_t i = 0; i < rows; i++) {
        printf("%s\n", i == 0 ? "" : ",");
        print_json_row(&report->flagged[i]);
    }
    printf("%s],\n  \"summary\": {\n", rows > 0 ? "\n  " : "");
    printf("    \"transactions\": %" PRIu64 ",\n    \"cards\": %" PRIu64 ",\n    \"malformed\": %" PRIu64
           ",\n    \"total_cents\": %" PRIu64 ",\n    \"flagged\": %zu,\n    \"flagged_cents\": %" PRIu64
           ",\n    \"reasons\": [",
           report->transactions, report->cards, report->malformed, report->total_cents, report->flagged_count,
           report->flagged_cents);

    enum reason reasons[REASON_COUNT];
    const size_t count = reasons_by_count(report, reasons);
    for (size_t i = 0; i < count; i++)
        printf("%s{\"reason\": \"%s\", \"count\": %" PRIu64 "}", i == 0 ? "" : ", ", reason_name(reasons[i]),
               report->reasons[reasons[i]]);
    printf("]\n  }\n}\n");
}

void report_free(struct report *report)
{
    free(report->flagged);
    memset(report, 0, sizeof *report);
}
