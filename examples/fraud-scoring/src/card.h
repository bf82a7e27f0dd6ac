/* What is known about one card, and what a new transaction looks like against it.
 *
 * `card_observe` only compares and `card_learn` only remembers, so that a transaction is never measured
 * against a history that already contains it. Not here: what a signal is worth (score.h). */
#ifndef CARD_H
#define CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transaction.h"

enum {
    COUNTRY_COUNT = 26 * 26,
    /* Velocity counts stop at this many; the scores stop far below it. */
    RECENT_MAX = 64
};

struct card {
    uint64_t count;
    double mean; /* of the amounts in euro; with `squares`, Welford's running variance */
    double squares;
    int64_t last_time;
    int64_t recent[RECENT_MAX]; /* ring of the latest times; slot `count % RECENT_MAX` is the next */
    unsigned char countries[(COUNTRY_COUNT + 7) / 8];
    uint32_t *merchants; /* ascending */
    size_t merchant_count;
    size_t merchant_capacity;
    bool has_place; /* of the last transaction with the card present */
    int32_t latitude;
    int32_t longitude;
    int64_t place_time;
};

/* Fractions are rounded to hundredths, whole numbers to one: from here on scoring is exact. */
struct signals {
    int deviation;        /* hundredths of a standard deviation above the card's mean amount */
    int count_10_minutes; /* earlier transactions within the window */
    int count_24_hours;
    bool new_country;
    bool new_merchant;
    int speed_kmh; /* between the last two places of the card */
};

/* Requires `transaction->time >= card->last_time` (or an empty card). */
void card_observe(const struct card *card, const struct transaction *transaction, uint32_t merchant,
                  struct signals *out);

/* Returns false when memory is out. */
bool card_learn(struct card *card, const struct transaction *transaction, uint32_t merchant);

void card_free(struct card *card);

#endif
