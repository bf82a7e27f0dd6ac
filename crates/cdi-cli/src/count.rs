//! Numbers of things, for people.

/// `1 line`, `2 lines`.
pub(crate) fn of(count: usize, thing: &str) -> String {
    match (count, thing.strip_suffix('y')) {
        (1, _) => format!("1 {thing}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {thing}s"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_is_not_several() {
        assert_eq!(super::of(1, "line"), "1 line");
        assert_eq!(super::of(0, "line"), "0 lines");
        assert_eq!(super::of(2, "entry"), "2 entries");
    }
}
