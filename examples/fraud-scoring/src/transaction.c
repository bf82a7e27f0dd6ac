#include "transaction.h"

#include <stddef.h>
#include <string.h>

const char transaction_header[] = "transaction_id,timestamp,card_id,merchant_id,mcc,country,channel,"
                                  "amount_eur,latitude,longitude";

/* <ctype.h> follows the locale and is undefined for negative chars; the format is plain ASCII. */
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool decimal_parse(const char *text, int scale, int64_t *out)
{
    enum { WHOLE_DIGITS_MAX = 9 };
    const bool negative = *text == '-';
    const char *p = negative ? text + 1 : text;
    int64_t value = 0;
    int digits = 0;

    for (; is_digit(*p); p++) {
        if (++digits > WHOLE_DIGITS_MAX)
            return false;
        value = value * 10 + (*p - '0');
    }
    if (digits == 0)
        return false;
    int decimals = 0;
    if (*p == '.') {
        for (p++; is_digit(*p); p++) {
            if (++decimals > scale)
                return false;
            value = value * 10 + (*p - '0');
        }
        if (decimals == 0)
            return false;
    }
    if (*p != '\0')
        return false;
    for (; decimals < scale; decimals++)
        value *= 10;
    *out = negative ? -value : value;
    return true;
}

/* Ids are limited to characters that need no escaping in JSON and do nothing to a terminal. */
static bool id_parse(const char *text, char out[ID_SIZE])
{
    const size_t length = strlen(text);
    if (length == 0 || length >= ID_SIZE)
        return false;
    for (const char *p = text; *p != '\0'; p++)
        if (!is_digit(*p) && !is_upper(*p) && !is_lower(*p) && strchr("-_.:", *p) == NULL)
            return false;
    memcpy(out, text, length + 1);
    return true;
}

/* A real card number has 13 to 19 digits of which the last is a Luhn check digit. */
static bool looks_like_card_number(const char *text)
{
    const size_t length = strlen(text);
    if (length < 13 || length > 19)
        return false;
    int sum = 0;
    for (size_t i = 0; i < length; i++) {
        const char c = text[length - 1 - i];
        if (!is_digit(c))
            return false;
        const int doubled = (c - '0') * (i % 2 == 1 ? 2 : 1);
        sum += doubled > 9 ? doubled - 9 : doubled;
    }
    return sum % 10 == 0;
}

static int two_digits(const char *p) { return (p[0] - '0') * 10 + (p[1] - '0'); }

static int days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days from 1970-01-01 in the Gregorian calendar. Counting years from March puts the leap day last, so
 * that the days before a month follow one formula. */
static int64_t days_from_civil(int year, int month, int day)
{
    const int64_t y = month > 2 ? year : year - 1;
    const int64_t month_from_march = (month + 9) % 12;
    const int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static bool timestamp_parse(const char *text, int64_t *out)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++)
        if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i])
            return false;

    const int year = two_digits(text) * 100 + two_digits(text + 2);
    const int month = two_digits(text + 5);
    const int day = two_digits(text + 8);
    const int hour = two_digits(text + 11);
    const int minute = two_digits(text + 14);
    const int second = two_digits(text + 17);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23
        || minute > 59 || second > 59)
        return false;
    *out = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

static bool category_parse(const char *text, int *out)
{
    if (strlen(text) != 4)
        return false;
    for (const char *p = text; *p != '\0'; p++)
        if (!is_digit(*p))
            return false;
    *out = two_digits(text) * 100 + two_digits(text + 2);
    return true;
}

static bool country_parse(const char *text, char out[3])
{
    if (strlen(text) != 2 || !is_upper(text[0]) || !is_upper(text[1]))
        return false;
    memcpy(out, text, 3);
    return true;
}

static bool channel_parse(const char *text, enum channel *out)
{
    static const struct {
        const char *name;
        enum channel channel;
    } channels[] = {
        {"chip", CHANNEL_CHIP},
        {"contactless", CHANNEL_CONTACTLESS},
        {"stripe", CHANNEL_STRIPE},
        {"online", CHANNEL_ONLINE},
    };
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        if (strcmp(text, channels[i].name) == 0) {
            *out = channels[i].channel;
            return true;
        }
    }
    return false;
}

/* Refunds have their own rules and are not scored here: an amount has no sign. */
static bool amount_parse(const char *text, int64_t *out)
{
    const int64_t below = INT64_C(10000000000); /* 100 million euro in cents */
    return text[0] != '-' && decimal_parse(text, 2, out) && *out < below;
}

static bool coordinate_parse(const char *text, int limit_degrees, int32_t *out)
{
    const int64_t limit = (int64_t)limit_degrees * 1000000;
    int64_t value;
    if (!decimal_parse(text, 6, &value) || value < -limit || value > limit)
        return false;
    *out = (int32_t)value;
    return true;
}

bool transaction_card_present(const struct transaction *transaction)
{
    return transaction->channel != CHANNEL_ONLINE;
}

static bool failed(struct parse_error *error, const char *field, const char *expected, const char *found)
{
    *error = (struct parse_error){.field = field, .expected = expected, .found = found};
    return false;
}

static bool place_parse(const char *latitude, const char *longitude, struct transaction *out,
                        struct parse_error *error)
{
    if (!transaction_card_present(out)) {
        if (*latitude != '\0')
            return failed(error, "latitude", "nothing for an online transaction", latitude);
        if (*longitude != '\0')
            return failed(error, "longitude", "nothing for an online transaction", longitude);
        return true;
    }
    if (!coordinate_parse(latitude, 90, &out->latitude))
        return failed(error, "latitude", "degrees from -90 to 90 with at most 6 decimals", latitude);
    if (!coordinate_parse(longitude, 180, &out->longitude))
        return failed(error, "longitude", "degrees from -180 to 180 with at most 6 decimals", longitude);
    return true;
}

bool transaction_parse(char *const fields[TRANSACTION_FIELDS], struct transaction *out,
                       struct parse_error *error)
{
    static const char id_shape[] = "1 to 32 letters, digits or any of -_.:";

    memset(out, 0, sizeof *out);
    if (!id_parse(fields[0], out->id))
        return failed(error, "transaction_id", id_shape, fields[0]);
    if (!timestamp_parse(fields[1], &out->time))
        return failed(error, "timestamp", "a UTC time like 2026-03-01T12:34:56Z", fields[1]);
    memcpy(out->timestamp, fields[1], sizeof out->timestamp);
    if (!id_parse(fields[2], out->card))
        return failed(error, "card_id", id_shape, NULL);
    if (looks_like_card_number(out->card))
        return failed(error, "card_id", "a token instead of what looks like a card number", NULL);
    if (!id_parse(fields[3], out->merchant))
        return failed(error, "merchant_id", id_shape, fields[3]);
    if (!category_parse(fields[4], &out->category))
        return failed(error, "mcc", "four digits", fields[4]);
    if (!country_parse(fields[5], out->country))
        return failed(error, "country", "two capital letters", fields[5]);
    if (!channel_parse(fields[6], &out->channel))
        return failed(error, "channel", "chip, contactless, stripe or online", fields[6]);
    if (!amount_parse(fields[7], &out->amount_cents))
        return failed(error, "amount_eur", "an amount like 12.34, below 100000000", fields[7]);
    return place_parse(fields[8], fields[9], out, error);
}
