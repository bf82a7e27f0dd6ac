/* Growing a heap array, in the one place where sizes are multiplied. */
#ifndef ARRAY_H
#define ARRAY_H

#include <stddef.h>

/* Returns an array with room for at least `length + 1` items, which may be `items` itself or a larger
 * copy of it (then `*capacity` is raised). Returns NULL, leaving `items` valid, when memory is out. */
void *array_reserve(void *items, size_t length, size_t *capacity, size_t item_size);

#endif
