//! Values that are texts: digests, times, names, paths, properties, patterns, endings (F-DIGEST, F-TIME, F-NAME, F-PATH, F-PROPERTY).

use std::fmt::{Debug, Display};

use cdi_types::{
    ArtifactDigest, Duration, Ending, Name, PlatformProperty, PropertyName, PropertyPattern, RecordedPath,
    Role, Sha256, Timestamp, steers_a_display,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use unicode_normalization::UnicodeNormalization as _;

use crate::{Target, shown};

pub(crate) const TARGET: Target = Target {
    name: "texts",
    oracle: "each form accepts what its rule says, by a second reading of the rule; a value is written as the text that it was read \
             from, and read from JSON the same; times are the second reader's; patterns match as written",
    run,
    seeds,
    words,
    most: 300,
};

/// Shows an error as people see it.
macro_rules! told {
    () => {
        |error| shown::told(error.code(), &error)
    };
}

/// The form by the first byte, then the text.
fn run(bytes: &[u8]) {
    let Some((form, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    match form % 12 {
        0 => form_of(text, Sha256::parse(text).map_err(told!()), is_hex(text)),
        1 => {
            let tree = text.strip_prefix("dirHash1:").is_some_and(is_hex);
            form_of(text, ArtifactDigest::parse(text).map_err(told!()), is_hex(text) || tree);
        }
        2 => time(text),
        3 => others_time(text),
        4 => duration(text),
        5 => form_of(text, Name::parse(text).map_err(told!()), is_name(text)),
        6 => path(text),
        7 => form_of(text, PropertyName::parse(text).map_err(told!()), is_property(text)),
        8 => form_of(text, Role::parse(text).map_err(told!()), is_role(text)),
        9 => pattern(text),
        10 => platform(text),
        _ => ending(text),
    }
}

/// A value that is written as it was read, here and in JSON.
fn form_of<T>(text: &str, read: Result<T, ()>, expected: bool)
where
    T: Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    assert_eq!(read.is_ok(), expected, "{text:?}");
    let Ok(value) = read else { return };
    assert_eq!(value.to_string(), text);
    let written = serde_json::to_string(&value).unwrap();
    assert_eq!(written, serde_json::to_string(text).unwrap());
    assert_eq!(serde_json::from_str::<T>(&written).unwrap(), value);
}

fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
}

fn is_name(text: &str) -> bool {
    (1..=256).contains(&text.len()) && is_plain(text)
}

fn is_plain(text: &str) -> bool {
    text.nfc().eq(text.chars()) && !text.chars().any(|c| c.is_control() || steers_a_display(c))
}

fn is_property(text: &str) -> bool {
    is_word(text, 'A'..='Z', '_')
}

fn is_role(text: &str) -> bool {
    is_word(text, 'a'..='z', '-')
}

fn is_word(text: &str, letters: std::ops::RangeInclusive<char>, mark: char) -> bool {
    let fits =
        |(place, c): (usize, char)| letters.contains(&c) || (place > 0 && (c.is_ascii_digit() || c == mark));
    (1..=64).contains(&text.len()) && text.char_indices().all(fits)
}

/// Days since 1970 of a day of the Gregorian calendar, counted year by year.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let months = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = months.get(..usize::try_from(month.checked_sub(1)?).ok()?)?;
    let last = months.get(before.len())?;
    let years: u64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    (year >= 1970 && (1..=*last).contains(&day)).then(|| years + before.iter().sum::<u64>() + day - 1)
}

fn seconds(text: &str) -> Option<u64> {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    if !shape.eq(b"0000-00-00T00:00:00Z".iter().copied()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u64>().ok();
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let day = days(number(0..4)?, number(5..7)?, number(8..10)?)?;
    (hour < 24 && minute < 60 && second < 60).then_some(day * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn time(text: &str) {
    let expected = seconds(text);
    form_of(text, Timestamp::parse(text).map_err(told!()), expected.is_some());
    assert_eq!(Timestamp::parse(text).ok().map(Timestamp::unix), expected);
}

/// A time of RFC 3339 is what another library makes of it, whole seconds down.
fn others_time(text: &str) {
    let Ok(found) = Timestamp::parse_rfc3339(text).map_err(told!()) else { return };
    assert_eq!(Timestamp::parse(&found.to_string()), Ok(found));
    // The other library reads nine digits of a fraction.
    let fraction =
        text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    if fraction <= 9 {
        let other: jiff::Timestamp = match text.parse() {
            Ok(other) => other,
            // The other library ends a day before the year 9999 does.
            Err(_)
                if i64::try_from(found.unix()).is_ok_and(|unix| unix > jiff::Timestamp::MAX.as_second()) =>
            {
                return;
            }
            Err(error) => panic!("{text:?}: {error}"),
        };
        let whole = other.as_second() - i64::from(other.subsec_nanosecond() < 0);
        assert_eq!(i64::try_from(found.unix()), Ok(whole), "{text:?}");
    }
}

fn duration(text: &str) {
    let units = [('s', 1_u64), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let read = |(unit, seconds): &(char, u64)| {
        let number = text.strip_suffix(*unit)?;
        let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
        number.parse::<u128>().ok().filter(|_| plain)?.checked_mul(u128::from(*seconds))
    };
    let expected = units.iter().find_map(read).filter(|seconds| *seconds <= 100 * 366 * 86_400);
    let found = Duration::parse(text).map_err(told!());
    assert_eq!(found.ok().map(|found| u128::from(found.seconds())), expected, "{text:?}");
}

fn path(text: &str) {
    let steps: Vec<&str> = text.split('/').collect();
    let steps = if text.starts_with('/') { &steps[1..] } else { &steps[..] };
    let whole = steps.iter().all(|step| !["", ".", ".."].contains(step));
    let expected = whole && text.len() <= 4_096 && is_plain(text);
    form_of(text, RecordedPath::parse(text).map_err(told!()), expected);
    if let Ok(normal) = RecordedPath::normalise(text) {
        assert_eq!(RecordedPath::parse(normal.as_str()), Ok(normal.clone()));
        assert_eq!(RecordedPath::normalise(normal.as_str()), Ok(normal.clone()));
        assert_eq!(normal.as_str().starts_with('/'), text.starts_with('/'));
        assert!(!expected || normal.as_str() == text);
    }
}

/// A pattern, and after a space a property.
fn pattern(text: &str) {
    let (text, property) = text.split_once(' ').unwrap_or((text, "WASM_A"));
    let expected = text == "*" || is_property(text.strip_suffix('*').unwrap_or(text));
    form_of(text, PropertyPattern::parse(text).map_err(told!()), expected);
    if let (Ok(pattern), Ok(property)) = (PropertyPattern::parse(text), PropertyName::parse(property)) {
        let mut letters = text.chars().zip(property.as_str().chars());
        let expected = match text.find('*') {
            Some(star) => property.as_str().len() >= star && letters.by_ref().take(star).all(|(a, b)| a == b),
            None => text == property.as_str(),
        };
        assert_eq!(pattern.matches(&property), expected, "{text:?} {property}");
    }
}

fn platform(text: &str) {
    let value = |text: &str| {
        (1..=64).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&c))
    };
    let expected = match text.find('=') {
        None => is_property(text),
        Some(at) => is_property(&text[..at]) && value(&text[at + 1..]),
    };
    form_of(text, PlatformProperty::parse(text).ok_or(()), expected);
}

fn ending(text: &str) {
    let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let word = text.strip_prefix('.').filter(|word| word.len() <= 128 && word.starts_with(first));
    let expected =
        word.is_some_and(|word| word.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c)));
    let found = Ending::parse(text);
    assert_eq!(found.is_ok(), expected, "{text:?}");
    if let Ok(found) = &found {
        assert_eq!(found.as_str(), text);
        assert_eq!(Ending::of(&format!("a/b{text}")), Some(found.clone()));
    }
    if let Some(found) = Ending::of(text) {
        assert!(text.ends_with(found.as_str()) && text.len() > found.as_str().len());
    }
}

const TEXTS: [(u8, &str); 23] = [
    (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (0, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (1, "dirHash1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (2, "2026-06-01T12:00:00Z"),
    (2, "2000-02-29T23:59:59Z"),
    (2, "2100-02-29T24:00:60Z"),
    (2, "9999-12-31T23:59:59Z"),
    (3, "1985-04-12T23:20:50.52Z"),
    (3, "1996-12-19t16:39:57-08:00"),
    (3, "1970-01-01T00:59:59+01:00"),
    (4, "24h"),
    (4, "36600d"),
    (4, "18446744073709551616s"),
    (5, "wamrc 1.3.3"),
    (5, "caf\u{e9} \u{212b}"),
    (6, "/usr/lib/x.so"),
    (6, "out//./a.wasm"),
    (7, "WASM_SPECTRE_MITIGATED"),
    (8, "code"),
    (9, "WASM_* WASM_A"),
    (9, "* STEP"),
    (10, "GUARD_PAGES=WASMTIME_4GIB_32MIB"),
    (11, ".cwasm"),
];

fn seeds() -> Vec<Vec<u8>> {
    TEXTS.iter().map(|(form, text)| [&[*form], text.as_bytes()].concat()).collect()
}

fn words() -> Vec<Vec<u8>> {
    let marks = [
        "/",
        "//",
        "/./",
        "..",
        "*",
        " ",
        "=",
        "-",
        ":",
        "T",
        "Z",
        "+00:00",
        "-23:59",
        ".5",
        "02-29",
        "dirHash1:",
        "sha256:",
    ];
    let odd = [
        "\u{202e}",
        "\u{301}",
        "e\u{301}",
        "\u{200b}",
        "\u{0}",
        "\u{7f}",
        "\u{feff}",
        "\u{3164}",
        "\u{1f468}\u{200d}",
    ];
    marks.iter().chain(&odd).map(|word| word.as_bytes().to_vec()).collect()
}
