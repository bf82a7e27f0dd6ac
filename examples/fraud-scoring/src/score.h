/* The fraud score of a transaction: a logistic regression with fixed weights.
 *
 *     score = 1 / (1 + e^-(bias + sum of weight * feature))
 *
 * The sum is exact integer arithmetic. Only the last step is floating point, and its result is rounded to
 * thousandths before anything compares or prints it, so that printed scores and decisions always agree. */
#ifndef SCORE_H
#define SCORE_H

#include <stdint.h>

#include "card.h"
#include "transaction.h"

/* Of equal contributions, the earlier reason is named first. */
enum reason {
    REASON_TRAVEL_SPEED,
    REASON_VELOCITY_10_MINUTES,
    REASON_VELOCITY_24_HOURS,
    REASON_AMOUNT,
    REASON_NEW_COUNTRY,
    REASON_RISKY_CATEGORY,
    REASON_NEW_MERCHANT,
    REASON_CARD_NOT_PRESENT,
    REASON_COUNT
};

enum { REASONS_NAMED = 3 };

struct score {
    int thousandths; /* 0 to 1000 */
    int reason_count;
    enum reason reasons[REASONS_NAMED]; /* the largest contributions, largest first */
};

const char *reason_name(enum reason reason);

struct score score_transaction(const struct transaction *transaction, const struct signals *signals);

#endif
