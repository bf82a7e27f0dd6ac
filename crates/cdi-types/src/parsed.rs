//! Values that are text in JSON and have a form of their own.

/// Reads types from JSON text by their `parse`: what has not the form is no value.
macro_rules! deserialize_by_parsing {
    ($name:ty) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use deserialize_by_parsing;
