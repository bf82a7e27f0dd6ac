/* All cards seen so far: takes transactions in the order of the file and scores each one. */
#ifndef LEDGER_H
#define LEDGER_H

#include <stddef.h>

#include "card.h"
#include "intern.h"
#include "score.h"
#include "transaction.h"

struct ledger {
    struct intern card_ids; /* a card's number is its index in `cards` */
    struct intern merchant_ids;
    struct card *cards;
    size_t card_count;
    size_t card_capacity;
};

enum ledger_status {
    LEDGER_SCORED,
    LEDGER_OUT_OF_ORDER, /* earlier than the card's last transaction; nothing was learnt */
    LEDGER_OUT_OF_MEMORY
};

/* All-zero is the empty ledger. */
enum ledger_status ledger_score(struct ledger *ledger, const struct transaction *transaction,
                                struct score *score);

void ledger_free(struct ledger *ledger);

#endif
