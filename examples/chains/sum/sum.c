#include "sum.h"

#include <stdlib.h>
#include <string.h>

long sum(const char *line) {
  char text[64];
  long total = 0;
  strncpy(text, line, sizeof text - 1);
  text[sizeof text - 1] = 0;
  for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
    total += strtol(word, NULL, 10);
  return total;
}
