/* A set of ids, each with a small number: the order in which it was first seen, from 0. */
#ifndef INTERN_H
#define INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transaction.h"

struct intern {
    char (*names)[ID_SIZE];
    size_t length;
    size_t capacity;
    uint32_t *slots;   /* open addressing; a name's number plus one, or 0 where free */
    size_t slot_count; /* a power of two, at least twice the length */
};

/* All-zero is the empty set. Returns false when memory is out; the set is then unchanged. */
bool intern_number(struct intern *set, const char *name, uint32_t *number);

void intern_free(struct intern *set);

#endif
