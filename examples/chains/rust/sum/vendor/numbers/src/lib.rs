//! Numbers in text.

/// The sum of the numbers in a line; words that are none count nothing.
pub fn sum(line: &str) -> i64 {
    line.split_whitespace().filter_map(|word| word.parse::<i64>().ok()).sum()
}
