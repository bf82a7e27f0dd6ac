#include "ledger.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

/* The card of that id, which is a new, empty one if the id is new; NULL when memory is out. */
static struct card *find_card(struct ledger *ledger, const char *id)
{
    /* Room first: were the id taken and the card not, they would be out of step. */
    struct card *cards =
        array_reserve(ledger->cards, ledger->card_count, &ledger->card_capacity, sizeof *cards);
    if (cards == NULL)
        return NULL;
    ledger->cards = cards;

    uint32_t number;
    if (!intern_number(&ledger->card_ids, id, &number))
        return NULL;
    if (number == ledger->card_count) {
        memset(&cards[number], 0, sizeof cards[number]);
        ledger->card_count++;
    }
    return &cards[number];
}

enum ledger_status ledger_score(struct ledger *ledger, const struct transaction *transaction,
                                struct score *score)
{
    uint32_t merchant;
    struct card *card = find_card(ledger, transaction->card);
    if (card == NULL || !intern_number(&ledger->merchant_ids, transaction->merchant, &merchant))
        return LEDGER_OUT_OF_MEMORY;
    if (card->count > 0 && transaction->time < card->last_time)
        return LEDGER_OUT_OF_ORDER;

    struct signals signals;
    card_observe(card, transaction, merchant, &signals);
    *score = score_transaction(transaction, &signals);
    return card_learn(card, transaction, merchant) ? LEDGER_SCORED : LEDGER_OUT_OF_MEMORY;
}

void ledger_free(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->card_count; i++)
        card_free(&ledger->cards[i]);
    free(ledger->cards);
    intern_free(&ledger->card_ids);
    intern_free(&ledger->merchant_ids);
    memset(ledger, 0, sizeof *ledger);
}
