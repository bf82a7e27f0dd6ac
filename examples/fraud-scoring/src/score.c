#include "score.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* The weights are thousandths and the features hundredths, so a contribution has this many parts. */
static const int64_t PARTS = 100000;

/* Without any signal one transaction in a hundred is fraud: ln(0.01 / 0.99) = -4.595. */
static const int64_t BIAS = -460000;

/* README.md explains these numbers; change both together. */
static const struct {
    const char *name;
    int64_t weight;  /* thousandths of a logit for each unit of the feature */
    int64_t ceiling; /* hundredths: the most that the feature counts */
} model[REASON_COUNT] = {
    [REASON_TRAVEL_SPEED] = {"travel-speed", 1100, 500},
    [REASON_VELOCITY_10_MINUTES] = {"velocity-10m", 700, 600},
    [REASON_VELOCITY_24_HOURS] = {"velocity-24h", 250, 1000},
    [REASON_AMOUNT] = {"amount", 600, 600},
    [REASON_NEW_COUNTRY] = {"new-country", 1800, 100},
    [REASON_RISKY_CATEGORY] = {"risky-category", 1300, 100},
    [REASON_NEW_MERCHANT] = {"new-merchant", 500, 100},
    [REASON_CARD_NOT_PRESENT] = {"card-not-present", 400, 100},
};

enum {
    ORDINARY_DEVIATION = 200,  /* hundredths: amounts up to two deviations above the mean are usual */
    ORDINARY_IN_24_HOURS = 6,  /* earlier transactions in a busy day */
    AIRLINER_KMH = 900,        /* a card may fly */
    KMH_IN_A_UNIT = 300        /* one unit of travel-speed */
};

const char *reason_name(enum reason reason) { return model[reason].name; }

/* Categories that turn a card into cash, or something as good, at once (ISO 18245). */
static bool is_risky(int category)
{
    switch (category) {
    case 4829: /* money transfer */
    case 5944: /* jewellery and watches */
    case 5967: /* inbound telemarketing */
    case 6051: /* quasi cash, crypto-assets */
    case 7995: /* betting */
        return true;
    default:
        return false;
    }
}

static int64_t above(int64_t value, int64_t ordinary) { return value > ordinary ? value - ordinary : 0; }

static void features(const struct transaction *transaction, const struct signals *signals,
                     int64_t out[REASON_COUNT])
{
    out[REASON_TRAVEL_SPEED] = above(signals->speed_kmh, AIRLINER_KMH) * 100 / KMH_IN_A_UNIT;
    out[REASON_VELOCITY_10_MINUTES] = (int64_t)signals->count_10_minutes * 100;
    out[REASON_VELOCITY_24_HOURS] = above(signals->count_24_hours, ORDINARY_IN_24_HOURS) * 100;
    out[REASON_AMOUNT] = above(signals->deviation, ORDINARY_DEVIATION);
    out[REASON_NEW_COUNTRY] = signals->new_country ? 100 : 0;
    out[REASON_RISKY_CATEGORY] = is_risky(transaction->category) ? 100 : 0;
    out[REASON_NEW_MERCHANT] = signals->new_merchant ? 100 : 0;
    out[REASON_CARD_NOT_PRESENT] = transaction_card_present(transaction) ? 0 : 100;
}

/* Keeps the named reasons in order of contribution; an equal one stays behind those already there. */
static void name_reason(struct score *score, const int64_t contributions[REASON_COUNT], enum reason reason)
{
    int at = score->reason_count;
    while (at > 0 && contributions[score->reasons[at - 1]] < contributions[reason])
        at--;
    if (at == REASONS_NAMED)
        return;
    if (score->reason_count < REASONS_NAMED)
        score->reason_count++;
    for (int i = score->reason_count - 1; i > at; i--)
        score->reasons[i] = score->reasons[i - 1];
    score->reasons[at] = reason;
}

struct score score_transaction(const struct transaction *transaction, const struct signals *signals)
{
    int64_t contributions[REASON_COUNT];
    struct score score = {0};
    int64_t sum = BIAS;

    features(transaction, signals, contributions);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        if (contributions[i] > model[i].ceiling)
            contributions[i] = model[i].ceiling;
        contributions[i] *= model[i].weight;
        sum += contributions[i];
        if (contributions[i] > 0)
            name_reason(&score, contributions, (enum reason)i);
    }
    const double logit = (double)sum / (double)PARTS;
    score.thousandths = (int)floor(1000.0 / (1.0 + exp(-logit)) + 0.5);
    return score;
}
