#include <stdio.h>

#include "sum.h"

int main(int count, char **arguments) {
  for (int i = 1; i < count; i++)
    printf("%ld\n", sum(arguments[i]));
  return 0;
}
