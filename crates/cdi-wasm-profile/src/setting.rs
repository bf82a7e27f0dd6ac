//! One row of a profile's table: a stable name, a value, and the way the value takes effect.

use std::borrow::Cow;
use std::collections::BTreeMap;

use wasmtime::{Config, Result, WasmFeatures};

use crate::features;
#[cfg(feature = "compiler")]
use crate::mitigation::{self, Mitigation};

/// A row of the table. The same value is rendered for reports and applied to the configuration.
pub(crate) struct Setting {
    name: &'static str,
    value: Value,
}

/// A value together with what applies it.
enum Value {
    /// On or off.
    Flag(bool, fn(&mut Config, bool) -> &mut Config),
    /// A size in bytes.
    Bytes(u64, fn(&mut Config, u64) -> &mut Config),
    /// One word of several.
    Word(&'static str, fn(&mut Config, &str) -> Result<()>),
    /// The WebAssembly features: those listed are on, all others off.
    Features,
    /// One of the code generator's defences against speculation.
    #[cfg(feature = "compiler")]
    Mitigation(bool, Mitigation),
    /// Follows from other rows, or from this crate's dependencies; there is nothing to apply.
    Stated(&'static str),
}

impl Setting {
    pub(crate) const fn flag(
        name: &'static str,
        on: bool,
        apply: fn(&mut Config, bool) -> &mut Config,
    ) -> Self {
        Self { name, value: Value::Flag(on, apply) }
    }

    pub(crate) const fn bytes(
        name: &'static str,
        bytes: u64,
        apply: fn(&mut Config, u64) -> &mut Config,
    ) -> Self {
        Self { name, value: Value::Bytes(bytes, apply) }
    }

    pub(crate) const fn word(
        name: &'static str,
        word: &'static str,
        apply: fn(&mut Config, &str) -> Result<()>,
    ) -> Self {
        Self { name, value: Value::Word(word, apply) }
    }

    pub(crate) const fn features(name: &'static str) -> Self {
        Self { name, value: Value::Features }
    }

    #[cfg(feature = "compiler")]
    pub(crate) const fn mitigation(name: &'static str, on: bool, which: Mitigation) -> Self {
        Self { name, value: Value::Mitigation(on, which) }
    }

    pub(crate) const fn stated(name: &'static str, text: &'static str) -> Self {
        Self { name, value: Value::Stated(text) }
    }

    /// The value has taken effect on `config`.
    fn apply(&self, config: &mut Config) -> Result<()> {
        match self.value {
            Value::Flag(on, apply) => drop(apply(config, on)),
            Value::Bytes(bytes, apply) => drop(apply(config, bytes)),
            Value::Word(word, apply) => apply(config, word)?,
            Value::Features => {
                config.wasm_features(WasmFeatures::all(), false);
                config.wasm_features(features::wasm_features(), true);
            }
            #[cfg(feature = "compiler")]
            Value::Mitigation(on, which) => mitigation::switch(config, which, on),
            Value::Stated(_) => {}
        }
        Ok(())
    }

    /// The value as reports carry it: `true`, `false`, decimal bytes, or a word.
    fn render(&self) -> Cow<'static, str> {
        match self.value {
            Value::Flag(on, _) => bool_word(on),
            Value::Bytes(bytes, _) => Cow::Owned(bytes.to_string()),
            Value::Word(word, _) | Value::Stated(word) => Cow::Borrowed(word),
            Value::Features => Cow::Owned(features::names()),
            #[cfg(feature = "compiler")]
            Value::Mitigation(on, _) => bool_word(on),
        }
    }
}

const fn bool_word(on: bool) -> Cow<'static, str> {
    Cow::Borrowed(if on { "true" } else { "false" })
}

/// Every row has taken effect on `config`.
pub(crate) fn apply_all(rows: &[Setting], config: &mut Config) -> Result<()> {
    rows.iter().try_for_each(|row| row.apply(config))
}

/// Every row under its name.
pub(crate) fn render_all(rows: &[Setting]) -> BTreeMap<String, String> {
    rows.iter().map(|row| (row.name.to_owned(), row.render().into_owned())).collect()
}

/// The names in the order of the table.
#[cfg(test)]
pub(crate) fn row_names(rows: &[Setting]) -> Vec<&'static str> {
    rows.iter().map(|row| row.name).collect()
}
