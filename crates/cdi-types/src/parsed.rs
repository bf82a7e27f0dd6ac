//! Values that are text in JSON and have a form of their own.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};

/// Reads text, and from it a value by `parse`; the text is not copied for it.
///
/// # Errors
/// What `parse` says, or that there is no text.
pub(crate) fn parsed<'de, D, T, E>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    deserializer.deserialize_str(Text { parse, value: PhantomData })
}

struct Text<P, T> {
    parse: P,
    value: PhantomData<T>,
}

impl<P: FnOnce(&str) -> Result<T, E>, T, E: fmt::Display> Visitor<'_> for Text<P, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<F: Error>(self, text: &str) -> Result<T, F> {
        (self.parse)(text).map_err(F::custom)
    }
}

/// Reads types from JSON text by their `parse`: what has not the form is no value.
macro_rules! deserialize_by_parsing {
    ($name:ty) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::parsed::parsed(deserializer, |text| Self::parse(text))
            }
        }
    };
}

pub(crate) use deserialize_by_parsing;
