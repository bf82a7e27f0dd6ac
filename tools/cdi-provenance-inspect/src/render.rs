//! What was found, as text or JSON.

use std::fmt::Write;

use cdi_import::{Account, Gap};
use cdi_provenance_inspect::Inspection;
use cdi_tool::printable;
use serde::Serialize;

use crate::arguments::Form;

#[derive(Serialize)]
struct Shown<'a> {
    finds: &'a str,
    account: &'a Account,
    unusable: Vec<Unusable>,
}

#[derive(Serialize)]
struct Unusable {
    code: &'static str,
    reason: String,
}

/// `found` in `form`, ending in a line feed. What the statement says is escaped in text.
///
/// # Errors
///
/// The serialiser's own.
pub(crate) fn render(found: &Inspection, finds: &str, form: Form) -> Result<String, serde_json::Error> {
    match form {
        Form::Text => Ok(text(found, finds)),
        Form::Json => {
            let unusable = |gap: &Gap| Unusable { code: gap.code(), reason: gap.to_string() };
            let unusable = found.gaps.iter().map(unusable).collect();
            serde_json::to_string_pretty(&Shown { finds, account: &found.account, unusable })
                .map(|json| json + "\n")
        }
    }
}

fn text(found: &Inspection, finds: &str) -> String {
    let account = &found.account;
    let mut out = format!("found {finds}: {} says so\n", account.form.as_str());
    let said = [("builder", &account.builder), ("build type", &account.build_type), ("step", &account.step)];
    for (label, value) in said {
        if let Some(value) = value {
            let _infallible = writeln!(out, "  {label:<10}  {}", printable(value));
        }
    }
    for gap in &found.gaps {
        let _infallible = writeln!(out, "  {:<10}  {} [{}]", "not used", printable(gap), gap.code());
    }
    out
}
