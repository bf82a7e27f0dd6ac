/* The sum of the numbers in a line, which are separated by blanks. */
long sum(const char *line);
