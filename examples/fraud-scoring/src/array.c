#include "array.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 8 };

void *array_reserve(void *items, size_t length, size_t *capacity, size_t item_size)
{
    if (items != NULL && length < *capacity)
        return items;
    size_t wanted = *capacity == 0 ? FIRST_CAPACITY : *capacity;
    if (length >= wanted) {
        if (wanted > SIZE_MAX / 2)
            return NULL;
        wanted *= 2;
    }
    /* size_t has 32 bits on Wasm: a large input could wrap it. */
    if (wanted > SIZE_MAX / item_size)
        return NULL;
    void *grown = realloc(items, wanted * item_size);
    if (grown != NULL)
        *capacity = wanted;
    return grown;
}
