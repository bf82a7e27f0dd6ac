//! The text of a foreign predicate as CEL's values.
//!
//! It is read here and not through `serde_json::Value`: where that crate's `raw_value` or `arbitrary_precision` is on, as any
//! crate of a build can have it, an object whose one member has a certain name is taken for the JSON in that member's
//! text. Here every member is a member, whatever its name.

use std::collections::HashMap;
use std::sync::Arc;

use cdi_types::json;
use cel::Value;

use crate::{Unmet, binding};

/// The value of a text and how many values are in it, itself included: at most so many as conditions are evaluated over.
///
/// # Errors
/// [`Unmet`] for text that is not strict JSON or too deep, for a value too many, before it is built, and for a number that no
/// double comes near.
pub(crate) fn read(text: &str) -> Result<(Value, usize), Unmet> {
    // The profile bounds the nesting, and so the descent below and every walk over the value.
    let strict = json::strict(text.as_bytes()).map_err(|error| Unmet::Error { detail: error.to_string() })?;
    let mut reader = Reader { rest: strict.text(), values: 0 };
    let value = reader.value()?;
    Ok((value, reader.values))
}

/// What is left of a strict text.
struct Reader<'t> {
    rest: &'t str,
    values: usize,
}

impl<'t> Reader<'t> {
    fn value(&mut self) -> Result<Value, Unmet> {
        self.values += 1;
        if self.values > binding::ELEMENTS {
            return Err(Unmet::TooLarge { found: self.values, limit: binding::ELEMENTS });
        }
        match self.token() {
            Some(b'{') => self.members(),
            Some(b'[') => self.parts(),
            Some(b'"') => self.string().map(|text| Value::from(text.as_str())),
            _ => scalar(self.take(|byte| !matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r'))),
        }
    }

    fn members(&mut self) -> Result<Value, Unmet> {
        let mut members: HashMap<String, Value> = HashMap::new();
        self.skip();
        while self.token() != Some(b'}') {
            let name = self.string()?;
            self.token();
            self.skip();
            members.insert(name, self.value()?);
            if self.token() == Some(b',') {
                self.skip();
            }
        }
        self.skip();
        Ok(members.into())
    }

    fn parts(&mut self) -> Result<Value, Unmet> {
        let mut parts = Vec::new();
        self.skip();
        while self.token() != Some(b']') {
            parts.push(self.value()?);
            if self.token() == Some(b',') {
                self.skip();
            }
        }
        self.skip();
        Ok(Value::List(Arc::new(parts)))
    }

    /// A string with its escapes read.
    fn string(&mut self) -> Result<String, Unmet> {
        let mut escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let (text, rest) = end.and_then(|end| self.rest.split_at_checked(end + 2)).ok_or_else(unreadable)?;
        self.rest = rest;
        serde_json::from_str(text).map_err(|_| unreadable())
    }

    /// The next byte that is no white space.
    fn token(&mut self) -> Option<u8> {
        self.take(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.rest.bytes().next()
    }

    /// Moves past the punctuation mark that was looked at.
    fn skip(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    fn take(&mut self, belongs: impl Fn(u8) -> bool) -> &'t str {
        let end = self.rest.bytes().position(|byte| !belongs(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

fn scalar(text: &str) -> Result<Value, Unmet> {
    match text {
        "null" => Ok(Value::Null),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        number => match (number.parse::<i64>(), number.parse::<u64>(), number.parse::<f64>()) {
            (Ok(whole), ..) => Ok(Value::Int(whole)),
            (_, Ok(whole), _) => Ok(Value::UInt(whole)),
            (.., Ok(double)) if double.is_finite() => Ok(Value::Float(double)),
            _ => Err(Unmet::Error { detail: "a number that no double comes near".to_owned() }),
        },
    }
}

/// The profile lets no such text pass.
fn unreadable() -> Unmet {
    Unmet::Error { detail: "text that is not JSON".to_owned() }
}
