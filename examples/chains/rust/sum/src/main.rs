//! Prints the sum of the numbers in each argument, which are separated by blanks.

#![forbid(unsafe_code)]

fn main() {
    for line in std::env::args().skip(1) {
        println!("{}", numbers::sum(&line));
    }
}
