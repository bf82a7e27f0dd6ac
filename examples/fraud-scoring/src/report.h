/* What a run found, and its two renderings: text and JSON.
 *
 * Every number printed is an integer or an integer with a point put into it. The build relies on this:
 * it links a printf without floating point. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "score.h"
#include "transaction.h"

struct flagged {
    uint64_t line;
    struct transaction transaction;
    struct score score;
};

struct report {
    int threshold; /* thousandths */
    uint64_t transactions;
    uint64_t malformed;
    uint64_t cards;
    uint64_t total_cents; /* wraps only after 1.8 billion lines of the largest amount */
    uint64_t flagged_cents;
    uint64_t reasons[REASON_COUNT]; /* flagged transactions that name the reason */
    struct flagged *flagged;
    size_t flagged_count;
    size_t flagged_capacity;
};

/* Counts a scored transaction and keeps it if it reaches the threshold. Returns false when memory is out. */
bool report_add(struct report *report, uint64_t line, const struct transaction *transaction,
                const struct score *score);

/* Orders the flagged transactions: highest score first, and in the order of the input where scores are
 * equal. */
void report_sort(struct report *report);

/* Both print the first `top` flagged transactions. A failed write shows in ferror(stdout). */
void report_print_text(const struct report *report, size_t top);
void report_print_json(const struct report *report, size_t top);

void report_free(struct report *report);

#endif
