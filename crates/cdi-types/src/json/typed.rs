//! From strict text to typed values, without the two liberties that serde's derived readers take: an array is not read
//! as an object by position, and `null` is not read as a missing member (rules F-JSON-OBJECT, F-JSON-NULL).

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::StrictText;

/// Reads a value of type `T`.
///
/// # Errors
/// What the typed reader says of the first member that does not fit.
pub fn typed<'de, T: Deserialize<'de>>(text: StrictText<'de>) -> Result<T, serde_json::Error> {
    read(text.text())
}

/// As [`typed`], for a part of a strict text.
fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Exact(&mut reader))?;
    reader.end()?;
    Ok(value)
}

/// A deserializer, visitor, seed or access that takes neither liberty, at any depth.
pub struct Exact<T>(pub T);

impl<'de> StrictText<'de> {
    /// Reads a member of the outermost object; `None` if the value is no object or has no such member.
    ///
    /// # Errors
    /// What the typed reader says of the first part that does not fit.
    pub fn read<T: Deserialize<'de>>(&self, name: &str) -> Option<Result<T, serde_json::Error>> {
        self.member(name).map(read)
    }

    /// As [`Self::read`], of text, which is not looked through again.
    ///
    /// # Errors
    /// That it is no text.
    pub fn read_text(&self, name: &str) -> Option<Result<Cow<'de, str>, serde_json::Error>> {
        let member = self.found(name)?;
        let text = self.text_of(member)?;
        let plain = || text.trim_start().strip_prefix('"')?.strip_suffix('"').filter(|_| member.plain);
        Some(plain().map_or_else(|| read(text).map(Cow::Owned), |plain| Ok(Cow::Borrowed(plain))))
    }
}

macro_rules! forward {
    ($($method:ident ( $($name:ident : $type:ty),* );)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($name,)* Visit { visitor, object: false })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Exact<D> {
    type Error = D::Error;

    forward! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Visit { visitor, object: true })
    }

    /// What is not read may be anything.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }
}

/// A visitor that refuses `null`, and an array where an object is due.
struct Visit<V> {
    visitor: V,
    object: bool,
}

macro_rules! visit {
    ($($method:ident ( $type:ty );)*) => {$(
        fn $method<E: de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Visit<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    visit! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f64(f64);
        visit_str(&str);
        visit_borrowed_str(&'de str);
        visit_string(String);
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        Err(E::invalid_type(de::Unexpected::Other("null"), &self))
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        Err(E::invalid_type(de::Unexpected::Other("null"), &self))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Exact(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Exact(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        if self.object {
            return Err(de::Error::invalid_type(de::Unexpected::Seq, &"an object"));
        }
        self.visitor.visit_seq(Exact(access))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Exact(access))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(Exact(access))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Exact<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Exact(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Exact<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Exact(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Exact<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Exact(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Exact(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Exact<A> {
    type Error = A::Error;
    type Variant = Exact<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, variant) = self.0.variant_seed(seed)?;
        Ok((value, Exact(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Exact<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Exact(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Visit { visitor, object: false })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Visit { visitor, object: true })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::strict;
    use super::*;

    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Outer<'a> {
        #[serde(borrow)]
        text: std::borrow::Cow<'a, str>,
        inner: Vec<Inner>,
        choice: Choice,
        map: BTreeMap<String, Inner>,
        #[serde(default)]
        maybe: Option<Inner>,
        #[serde(default, borrow)]
        raw: Option<&'a serde_json::value::RawValue>,
        #[serde(default)]
        any: serde::de::IgnoredAny,
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        n: u64,
    }

    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Choice {
        Plain,
        With(Inner),
    }

    fn reads(text: &str) -> bool {
        typed::<Outer<'_>>(strict(text.as_bytes()).unwrap()).is_ok()
    }

    const GOOD: &str = r#"{"text":"t","inner":[{"n":1}],"choice":{"with":{"n":2}},"map":{"k":{"n":3}},"maybe":{"n":4},"raw":[null,{"x":1}],"any":[null]}"#;

    #[test]
    fn objects_are_read_with_everything_in_them() {
        let outer: Outer<'_> = typed(strict(GOOD.as_bytes()).unwrap()).unwrap();
        assert!(matches!(outer.text, std::borrow::Cow::Borrowed("t")));
        assert_eq!((outer.inner[0].n, outer.map["k"].n, outer.maybe.map(|inner| inner.n)), (1, 3, Some(4)));
        assert!(matches!(outer.choice, Choice::With(Inner { n: 2 })));
        assert_eq!(outer.raw.unwrap().get(), r#"[null,{"x":1}]"#);
        let _ = (outer.any, Choice::Plain);
        assert!(reads(&GOOD.replace(r#"{"with":{"n":2}}"#, r#""plain""#)));
    }

    #[test]
    fn arrays_are_not_objects_at_any_depth() {
        for (object, array) in
            [(r#"{"n":1}"#, "[1]"), (r#"{"n":2}"#, "[2]"), (r#"{"n":3}"#, "[3]"), (r#"{"n":4}"#, "[4]")]
        {
            assert!(!reads(&GOOD.replace(object, array)), "{object}");
        }
        assert!(!reads(r#"["t",[],"plain",{}]"#));
    }

    #[test]
    fn null_is_not_a_missing_member() {
        assert!(reads(&GOOD.replace(r#","maybe":{"n":4}"#, "")));
        for member in [r#""maybe":{"n":4}"#, r#""text":"t""#, r#""inner":[{"n":1}]"#] {
            let name = member.split(':').next().unwrap();
            assert!(!reads(&GOOD.replace(member, &format!("{name}:null"))), "{name}");
        }
    }
}
