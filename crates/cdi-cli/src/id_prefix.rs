//! Ids as people give them: whole, or the first digits as our own output shows them.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use crate::failure::Failure;

/// Fewer digits are more likely somebody's slip than a choice.
const FEWEST: usize = 8;
/// A whole id.
const WHOLE: usize = 64;

/// The first 8 to 64 digits of an id.
#[derive(Debug, Clone)]
pub(crate) struct IdPrefix(String);

impl FromStr for IdPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if digits && (FEWEST..=WHOLE).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("an id is {WHOLE} lower-case hexadecimal digits; the first {FEWEST} or more will do"))
    }
}

impl Display for IdPrefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl IdPrefix {
    /// The one id among `known` that begins so; `missing` if there is none.
    pub(crate) fn among<I: Display + Ord + Copy>(
        &self,
        known: impl IntoIterator<Item = I>,
        missing: impl FnOnce() -> Failure,
    ) -> Result<I, Failure> {
        let found: BTreeSet<I> = known.into_iter().filter(|id| id.to_string().starts_with(&self.0)).collect();
        match found.first() {
            None => Err(missing()),
            Some(only) if found.len() == 1 => Ok(*only),
            Some(_) => {
                let all: Vec<String> = found.iter().map(|id| format!("`{id}`")).collect();
                let message = format!("`{self}` is the beginning of {} ids: {}", found.len(), all.join(", "));
                Err(Failure::failed("id-ambiguous", message).hint("give more digits"))
            }
        }
    }

    /// As [`Self::among`], but a whole id need not be known.
    pub(crate) fn whole_or_among<I: Display + Ord + Copy + FromStr>(
        &self,
        known: impl IntoIterator<Item = I>,
        missing: impl FnOnce() -> Failure,
    ) -> Result<I, Failure> {
        match self.0.parse() {
            Ok(whole) => Ok(whole),
            Err(_) => self.among(known, missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use cdi_types::StatementId;

    use super::*;

    fn found(prefix: &str) -> Result<StatementId, &'static str> {
        let id = |text: &str| StatementId::parse(&format!("{text:0<64}")).unwrap();
        let known = [id("abcdef01"), id("abcdef012"), id("abcdef02"), id("abcdef02")];
        let prefix = prefix.parse::<IdPrefix>().map_err(|_| "usage")?;
        prefix.among(known, || Failure::failed("unknown", "")).map_err(|failure| failure.code)
    }

    #[test]
    fn a_prefix_that_is_unique_stands_for_its_id() {
        assert!(found("abcdef02").unwrap().to_string().starts_with("abcdef02"));
        assert_eq!(found("abcdef01"), Err("id-ambiguous"));
        assert!(found("abcdef012").is_ok() && found("abcdef010").is_ok());
        assert_eq!(found("abcdef03"), Err("unknown"));
        assert_eq!(found("abcdef0"), Err("usage"));
        assert_eq!(found("ABCDEF02"), Err("usage"));
        assert_eq!(found(&"0".repeat(65)), Err("usage"));
    }
}
