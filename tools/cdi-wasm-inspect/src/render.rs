//! What was found, as text or JSON.

use std::fmt::Write;

use cdi_wasm_inspect::Inspection;

use crate::arguments::Form;

/// `found` in `form`, ending in a line feed.
///
/// Names come out of the module, so in text their control characters are escaped.
///
/// # Errors
///
/// The serialiser's own.
pub(crate) fn render(found: &Inspection, form: Form) -> Result<String, serde_json::Error> {
    match form {
        Form::Text => Ok(text(found)),
        Form::Json => serde_json::to_string_pretty(found).map(|json| json + "\n"),
    }
}

fn text(found: &Inspection) -> String {
    let properties = found.properties.iter().cloned();
    let imports = found.imports.iter().map(|import| {
        format!("{} `{}` `{}`", import.kind, import.module.escape_debug(), import.name.escape_debug())
    });
    let exports =
        found.exports.iter().map(|export| format!("{} `{}`", export.kind, export.name.escape_debug()));
    let mut out = String::new();
    section(&mut out, "properties", properties);
    section(&mut out, "imports", imports);
    section(&mut out, "exports", exports);
    out
}

fn section(out: &mut String, title: &str, lines: impl ExactSizeIterator<Item = String>) {
    let _infallible = writeln!(out, "{title} ({}):", lines.len());
    for line in lines {
        let _infallible = writeln!(out, "  {line}");
    }
}
