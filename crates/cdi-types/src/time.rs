//! Time as statements carry it: whole seconds, UTC, one text form (rule F-TIME).
//!
//! Nothing here reads a clock. The time of a decision is an argument, wrapped in [`Clock`] with its skew allowance.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::parsed::deserialize_by_parsing;

/// Text that is not a time of the profile `YYYY-MM-DDTHH:MM:SSZ`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time is `YYYY-MM-DDTHH:MM:SSZ` between 1970 and 9999, found `{found}`")]
pub struct TimeError {
    /// The text that was found, at most 40 characters of it, control characters escaped.
    pub found: String,
}

impl TimeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "time-malformed"
    }
}

/// Whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

const EPOCH: jiff::civil::DateTime = jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The last second of the year 9999, the last that the text form can write.
const LAST: u64 = 253_402_300_799;

impl Timestamp {
    /// A time from seconds since the epoch; times after the year 9999 become its last second.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self(if seconds > LAST { LAST } else { seconds })
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// This time and a duration later, at most the last second of the year 9999.
    #[must_use]
    pub const fn after(self, duration: Duration) -> Self {
        Self::from_unix(self.0.saturating_add(duration.seconds()))
    }

    /// Reads `YYYY-MM-DDTHH:MM:SSZ`.
    ///
    /// # Errors
    /// [`TimeError`] for every other text: other zones, lower case, fractions, leap seconds, `24:00:00`.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        Self::read(text)
            .ok_or_else(|| TimeError { found: text.chars().take(40).flat_map(char::escape_debug).collect() })
    }

    /// Reads a time of RFC 3339 as others write it: in any zone, and with a fraction of a second, which is cut off.
    ///
    /// # Errors
    /// [`TimeError`] for every other text, leap seconds among them.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        Self::read_rfc3339(text)
            .ok_or_else(|| TimeError { found: text.chars().take(40).flat_map(char::escape_debug).collect() })
    }

    fn read_rfc3339(text: &str) -> Option<Self> {
        let (seconds, rest) = text.split_at_checked(19)?;
        let seconds = Self::read(&format!("{}Z", seconds.replace('t', "T")))?;
        let zone = match rest.strip_prefix('.') {
            None => rest,
            Some(fraction) => {
                let zone = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
                Some(zone).filter(|zone| zone.len() < fraction.len())?
            }
        };
        let ahead = offset(zone)?;
        let seconds = i64::try_from(seconds.0).ok()?.checked_sub(ahead)?;
        u64::try_from(seconds).ok().filter(|seconds| *seconds <= LAST).map(Self)
    }

    fn read(text: &str) -> Option<Self> {
        let shape = b"dddd-dd-ddTdd:dd:ddZ";
        let fits = text.len() == shape.len()
            && text.bytes().zip(shape).all(|(found, want)| match want {
                b'd' => found.is_ascii_digit(),
                exact => found == *exact,
            });
        let field =
            |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<i16>().ok());
        if !fits || field(17..19)? > 59 {
            return None;
        }
        let date = jiff::civil::Date::new(field(0..4)?, small(field(5..7)?)?, small(field(8..10)?)?).ok()?;
        let time =
            jiff::civil::Time::new(small(field(11..13)?)?, small(field(14..16)?)?, small(field(17..19)?)?, 0)
                .ok()?;
        u64::try_from(date.to_datetime(time).duration_since(EPOCH).as_secs()).ok().map(Self)
    }
}

/// By how many seconds a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let number = |text: &str, most: i64| {
        let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|number| plain && *number <= most)
    };
    Some(sign * (number(hours, 23)? * 3_600 + number(minutes, 59)? * 60))
}

fn small(number: i16) -> Option<i8> {
    i8::try_from(number).ok()
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = jiff::SignedDuration::from_secs(i64::try_from(self.0).unwrap_or(i64::MAX));
        match EPOCH.checked_add(since) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%dT%H:%M:%SZ")),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

deserialize_by_parsing!(Timestamp);

/// Text that is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a duration is a number and `s`, `m`, `h` or `d`, such as `24h`, found `{found}`")]
pub struct DurationError {
    /// The text that was found, at most 40 characters of it, control characters escaped.
    pub found: String,
}

impl DurationError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "duration-malformed"
    }
}

/// A length of time in whole seconds. Text form: a number and one unit, `s`, `m`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// A duration of so many seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The whole seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// Reads `90s`, `15m`, `24h` or `7d`: a positive number without leading zeros, at most a hundred years.
    ///
    /// # Errors
    /// [`DurationError`] for every other text.
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        let error = || DurationError { found: text.chars().take(40).flat_map(char::escape_debug).collect() };
        let unit = match text.as_bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3_600,
            Some(b'd') => 86_400,
            _ => return Err(error()),
        };
        let digits = text.get(..text.len() - 1).unwrap_or_default();
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        let number: u64 = digits.parse().ok().filter(|_| plain).ok_or_else(error)?;
        match number.checked_mul(unit) {
            Some(seconds) if seconds <= 100 * 366 * 86_400 => Ok(Self(seconds)),
            _ => Err(error()),
        }
    }
}

impl std::str::FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        Self::parse(text)
    }
}

deserialize_by_parsing!(Duration);

/// The time of a decision, given by the caller, and how far a signer's clock may run ahead of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    now: Timestamp,
    skew: Duration,
}

impl Clock {
    /// The allowance for signers whose clock runs ahead: two minutes, on the start of a window only (rule F-WINDOW).
    pub const SKEW: Duration = Duration::from_seconds(120);

    /// A decision at `now` with the usual skew allowance.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { now, skew: Self::SKEW }
    }

    /// The time of the decision.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether a window that starts at `not_before` has started, the skew allowance granted.
    #[must_use]
    pub fn has_started(&self, not_before: Timestamp) -> bool {
        not_before <= self.now.after(self.skew)
    }

    /// Whether a window that ends at `not_after` has ended: the end itself is outside, and no allowance is given.
    #[must_use]
    pub fn has_ended(&self, not_after: Timestamp) -> bool {
        self.now >= not_after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_profile_survive_the_round_trip() {
        for text in
            ["1970-01-01T00:00:00Z", "2026-11-21T23:15:52Z", "2028-02-29T12:00:00Z", "9999-12-31T23:59:59Z"]
        {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Timestamp::parse("2001-09-09T01:46:40Z").unwrap().unix(), 1_000_000_000);
    }

    #[test]
    fn every_other_form_is_rejected() {
        for bad in [
            "",
            "2026-11-21",
            "2026-11-21T23:15:52",
            "2026-11-21t23:15:52z",
            "2026-11-21T23:15:52+00:00",
            "2026-11-21T23:15:52.0Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T23:60:00Z",
            "2026-12-31T23:59:60Z",
            "2026-02-29T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "26-11-21T23:15:52Z",
            "10000-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            " 2026-11-21T23:15:52Z",
            "2026-11-21 23:15:52Z",
            "2026-11-21T23:15:52Z\n",
            "+026-11-21T23:15:52Z",
            "never",
            "2026-1-1T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(bad).unwrap_err().code(), "time-malformed", "{bad:?}");
        }
    }

    #[test]
    fn times_of_others_have_zones_and_fractions() {
        let noon = Timestamp::parse("2026-06-01T12:00:00Z").unwrap();
        for same in [
            "2026-06-01T12:00:00Z",
            "2026-06-01t12:00:00z",
            "2026-06-01T12:00:00.999999999Z",
            "2026-06-01T14:00:00+02:00",
            "2026-06-01T06:30:00.5-05:30",
            "2026-06-01T12:00:00-00:00",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(same), Ok(noon), "{same}");
        }
        for bad in [
            "",
            "2026-06-01T12:00:00",
            "2026-06-01 12:00:00Z",
            "2026-06-01T12:00Z",
            "2026-06-01T12:00:00.Z",
            "2026-06-01T12:00:00,5Z",
            "2026-06-01T12:00:00+0200",
            "2026-06-01T12:00:00+24:00",
            "2026-06-01T12:00:00+02:60",
            "2026-06-01T12:00:00+2:00",
            "2026-06-01T12:00:60Z",
            "2026-06-01T12:00:00ZZ",
            "2026-06-01T12:00:00Z[UTC]",
            "2026-06-01T12:00:0\u{661}Z",
            "1970-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert!(Timestamp::parse_rfc3339(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_skew_allowance_applies_to_the_start_only() {
        let clock = Clock::at(Timestamp::from_unix(1_000));
        assert!(clock.has_started(Timestamp::from_unix(1_120)));
        assert!(!clock.has_started(Timestamp::from_unix(1_121)));
        assert!(!clock.has_ended(Timestamp::from_unix(1_001)));
        assert!(clock.has_ended(Timestamp::from_unix(1_000)));
    }

    #[test]
    fn durations_have_one_unit_and_no_frills() {
        assert_eq!(Duration::parse("24h").unwrap().seconds(), 86_400);
        for bad in
            ["", "h", "0h", "024h", "24", "24H", "1.5h", "-1h", "1h30m", "99999999999999999999d", "40000d"]
        {
            assert_eq!(Duration::parse(bad).unwrap_err().code(), "duration-malformed", "{bad}");
        }
    }
}
