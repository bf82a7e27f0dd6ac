#include "intern.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"

enum { FIRST_SLOTS = 64 };

/* FNV-1a. The table compares whole names, so a collision costs time and never a wrong answer. */
static uint32_t hash(const char *name)
{
    uint32_t h = UINT32_C(2166136261);
    for (const char *p = name; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * UINT32_C(16777619);
    return h;
}

/* The slot that holds `name`, or the free one where it belongs. Ends because half the slots are free. */
static size_t slot_of(const struct intern *set, const char *name)
{
    const size_t mask = set->slot_count - 1;
    size_t slot = hash(name) & mask;
    while (set->slots[slot] != 0 && strcmp(set->names[set->slots[slot] - 1], name) != 0)
        slot = (slot + 1) & mask;
    return slot;
}

static bool grow_slots(struct intern *set)
{
    if (set->slot_count > SIZE_MAX / 2)
        return false;
    const size_t wanted = set->slot_count == 0 ? FIRST_SLOTS : set->slot_count * 2;
    uint32_t *slots = calloc(wanted, sizeof *slots);
    if (slots == NULL)
        return false;
    free(set->slots);
    set->slots = slots;
    set->slot_count = wanted;
    for (size_t i = 0; i < set->length; i++)
        set->slots[slot_of(set, set->names[i])] = (uint32_t)i + 1;
    return true;
}

bool intern_number(struct intern *set, const char *name, uint32_t *number)
{
    if (set->length >= set->slot_count / 2 && !grow_slots(set))
        return false;
    const size_t slot = slot_of(set, name);
    if (set->slots[slot] == 0) {
        if (set->length >= UINT32_MAX - 1)
            return false;
        char(*names)[ID_SIZE] = array_reserve(set->names, set->length, &set->capacity, sizeof *names);
        if (names == NULL)
            return false;
        set->names = names;
        memcpy(names[set->length], name, strlen(name) + 1);
        set->length++;
        set->slots[slot] = (uint32_t)set->length;
    }
    *number = set->slots[slot] - 1;
    return true;
}

void intern_free(struct intern *set)
{
    free(set->names);
    free(set->slots);
    memset(set, 0, sizeof *set);
}
