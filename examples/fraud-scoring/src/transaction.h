/* One card transaction, and the parsing of its CSV fields.
 *
 * Everything that has a decimal point in the file is kept as an integer (cents, millionths of a degree),
 * so that what is printed is what was read. */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TRANSACTION_FIELDS = 10,
    ID_SIZE = 33 /* 32 characters and the NUL */
};

extern const char transaction_header[];

enum channel { CHANNEL_CHIP, CHANNEL_CONTACTLESS, CHANNEL_STRIPE, CHANNEL_ONLINE };

struct transaction {
    char id[ID_SIZE];
    char timestamp[21]; /* as written: 2026-03-01T12:34:56Z */
    int64_t time;       /* the same in seconds since 1970-01-01T00:00:00Z */
    char card[ID_SIZE];
    char merchant[ID_SIZE];
    int category;    /* ISO 18245 merchant category code, 0 to 9999 */
    char country[3]; /* two capital letters, as in ISO 3166-1 */
    enum channel channel;
    int64_t amount_cents; /* euro cents, below 100 million EUR */
    int32_t latitude;     /* millionths of a degree; of the terminal, so 0 when online */
    int32_t longitude;
};

/* Which field was wrong, what it should have been, and what stood there (NULL where repeating it could
 * put a card number into a log). The strings live as long as the fields that were parsed. */
struct parse_error {
    const char *field;
    const char *expected;
    const char *found;
};

bool transaction_parse(char *const fields[TRANSACTION_FIELDS], struct transaction *out,
                       struct parse_error *error);

/* Only a card that was present was where its terminal is. */
bool transaction_card_present(const struct transaction *transaction);

/* Reads `[-]digits[.digits]` with at most `scale` decimals as an integer in units of 10^-scale. At most
 * nine digits may stand before the point and `scale` is at most 6, so the result always fits. */
bool decimal_parse(const char *text, int scale, int64_t *out);

#endif
