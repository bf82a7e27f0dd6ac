#include "card.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

/* A mean of fewer amounts says little, and the first merchants of any card are all new. */
enum { HISTORY_FOR_AMOUNTS = 5, HISTORY_FOR_NOVELTY = 3 };

enum {
    DEVIATION_MAX = 1000,     /* hundredths */
    SPEED_MAX = 20000,        /* km/h: the far side of the Earth within the hour */
    DISTANCE_IGNORED_KM = 50, /* a terminal may report its owner's office */
    ELAPSED_MIN = 60          /* seconds: clocks of terminals differ */
};

static const double EARTH_RADIUS_KM = 6371.0;
static const double RADIANS_PER_MICRODEGREE = 3.14159265358979323846 / 180e6;

static double euros(const struct transaction *transaction)
{
    return (double)transaction->amount_cents / 100.0;
}

static int rounded(double value, int max)
{
    return value >= (double)max ? max : (int)floor(value + 0.5);
}

static int deviation(const struct card *card, double amount)
{
    if (card->count < HISTORY_FOR_AMOUNTS || amount <= card->mean)
        return 0;
    const double measured = sqrt(card->squares / (double)(card->count - 1));
    /* A card that always pays the same must not turn a few cents more into many deviations. */
    const double least = fmax(1.0, 0.1 * card->mean);
    return rounded(100.0 * (amount - card->mean) / fmax(measured, least), DEVIATION_MAX);
}

static int count_since(const struct card *card, int64_t start)
{
    const uint64_t kept = card->count < RECENT_MAX ? card->count : RECENT_MAX;
    int count = 0;
    for (uint64_t i = 0; i < kept; i++)
        count += card->recent[i] > start;
    return count;
}

static unsigned country_index(const char country[3])
{
    return (unsigned)(country[0] - 'A') * 26 + (unsigned)(country[1] - 'A');
}

static bool knows_country(const struct card *card, const char country[3])
{
    const unsigned index = country_index(country);
    return (card->countries[index / 8] >> (index % 8) & 1) != 0;
}

/* Where `merchant` stands in the ascending list, or would stand. */
static size_t merchant_position(const struct card *card, uint32_t merchant)
{
    size_t low = 0;
    size_t high = card->merchant_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (card->merchants[middle] < merchant)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool knows_merchant(const struct card *card, uint32_t merchant)
{
    const size_t position = merchant_position(card, merchant);
    return position < card->merchant_count && card->merchants[position] == merchant;
}

/* Great-circle distance by the haversine formula, which stays accurate for short distances. */
static double distance_km(int32_t latitude1, int32_t longitude1, int32_t latitude2, int32_t longitude2)
{
    const double phi1 = latitude1 * RADIANS_PER_MICRODEGREE;
    const double phi2 = latitude2 * RADIANS_PER_MICRODEGREE;
    const double half_dphi = (phi2 - phi1) / 2.0;
    const double half_dlambda = ((double)longitude2 - longitude1) * RADIANS_PER_MICRODEGREE / 2.0;
    const double sin_phi = sin(half_dphi);
    const double sin_lambda = sin(half_dlambda);
    const double h = sin_phi * sin_phi + cos(phi1) * cos(phi2) * sin_lambda * sin_lambda;
    /* Rounding may lift h just above 1 for opposite points, where asin has no value. */
    return 2.0 * EARTH_RADIUS_KM * asin(sqrt(fmin(1.0, h)));
}

static int speed(const struct card *card, const struct transaction *transaction)
{
    if (!card->has_place || !transaction_card_present(transaction))
        return 0;
    const double km = distance_km(card->latitude, card->longitude, transaction->latitude,
                                  transaction->longitude);
    if (km < DISTANCE_IGNORED_KM)
        return 0;
    const int64_t elapsed = transaction->time - card->place_time;
    const double hours = (double)(elapsed < ELAPSED_MIN ? ELAPSED_MIN : elapsed) / 3600.0;
    return rounded(km / hours, SPEED_MAX);
}

void card_observe(const struct card *card, const struct transaction *transaction, uint32_t merchant,
                  struct signals *out)
{
    const bool experienced = card->count >= HISTORY_FOR_NOVELTY;
    *out = (struct signals){
        .deviation = deviation(card, euros(transaction)),
        .count_10_minutes = count_since(card, transaction->time - 600),
        .count_24_hours = count_since(card, transaction->time - 86400),
        .new_country = experienced && !knows_country(card, transaction->country),
        .new_merchant = experienced && !knows_merchant(card, merchant),
        .speed_kmh = speed(card, transaction),
    };
}

static bool learn_merchant(struct card *card, uint32_t merchant)
{
    if (knows_merchant(card, merchant))
        return true;
    uint32_t *merchants = array_reserve(card->merchants, card->merchant_count, &card->merchant_capacity,
                                        sizeof *merchants);
    if (merchants == NULL)
        return false;
    card->merchants = merchants;
    const size_t position = merchant_position(card, merchant);
    memmove(merchants + position + 1, merchants + position,
            (card->merchant_count - position) * sizeof *merchants);
    merchants[position] = merchant;
    card->merchant_count++;
    return true;
}

bool card_learn(struct card *card, const struct transaction *transaction, uint32_t merchant)
{
    if (!learn_merchant(card, merchant))
        return false;

    const double amount = euros(transaction);
    card->recent[card->count % RECENT_MAX] = transaction->time;
    card->last_time = transaction->time;
    card->count++;
    /* Welford: unlike a sum of squares it does not cancel when amounts are large and alike. */
    const double delta = amount - card->mean;
    card->mean += delta / (double)card->count;
    card->squares += delta * (amount - card->mean);

    const unsigned country = country_index(transaction->country);
    card->countries[country / 8] |= (unsigned char)(1u << (country % 8));
    if (transaction_card_present(transaction)) {
        card->has_place = true;
        card->latitude = transaction->latitude;
        card->longitude = transaction->longitude;
        card->place_time = transaction->time;
    }
    return true;
}

void card_free(struct card *card)
{
    free(card->merchants);
    memset(card, 0, sizeof *card);
}
