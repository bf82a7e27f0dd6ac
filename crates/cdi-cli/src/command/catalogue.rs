//! `cdi catalogue`.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use cdi_policy::{Catalogues, Kind, Property, Tag};
use cdi_types::PropertyName;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::catalogues::CatalogueArguments;
use crate::failure::Failure;
use crate::harmless;
use crate::layout::Page;
use crate::manners;
use crate::terminal::{self, DIM, STRONG, plain};

/// Show the words that certifications and policies use, and what they mean.
///
/// A policy names its catalogue by the digest shown here, and is read under that one only. With `--catalogue FILE` a
/// catalogue of your own is read, held to its rules and shown: it adds words with a prefix and changes none.
///
///   cdi catalogue --catalogue acme.yaml --output digest
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Catalogue {
    #[command(flatten)]
    catalogues: CatalogueArguments,
    /// How it is written: for people, as one JSON document, as the document that ships, or its digest alone
    #[arg(long, value_enum)]
    output: Option<Form>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
    Yaml,
    Digest,
}

impl Catalogue {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let catalogues = self.catalogues.read()?;
        let mut page = Page::new();
        let unwritable = |error: io::Error| Failure::failed("output-unwritable", error);
        match self.output.unwrap_or(Form::Text) {
            Form::Text if self.output.is_none() && manners::settled().quiet => return Ok(ExitCode::SUCCESS),
            Form::Digest => page.verbatim(&catalogues.newest().digest().to_string()),
            Form::Json => page.verbatim(&harmless::pretty(&value(catalogues.newest())).map_err(unwritable)?),
            Form::Text => text(&catalogues, &mut page).map_err(unwritable)?,
            Form::Yaml if catalogues.all().count() > 1 => {
                let message = "`--output yaml` is for the catalogue that ships";
                return Err(Failure::failed("usage", message).hint("an extension is in its own file"));
            }
            Form::Yaml => {
                let document = String::from_utf8_lossy(cdi_policy::Catalogue::builtin_document());
                page.verbatim(document.trim_end());
            }
        }
        terminal::page(page)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Each catalogue with the words that it adds to the one before.
fn text(catalogues: &Catalogues, page: &mut Page) -> io::Result<()> {
    let mut known: Vec<&cdi_policy::Catalogue> = Vec::new();
    for catalogue in catalogues.all() {
        let (name, digest) = (plain(catalogue.name()), catalogue.digest());
        let apart = if known.is_empty() { "" } else { "\n" };
        writeln!(page, "{apart}{STRONG}{name}{STRONG:#}  sha256 {digest}")?;
        if let Some(extended) = catalogue.extends() {
            writeln!(page, "extends sha256 {extended}")?;
        }
        words(catalogue, &|word| known.iter().all(|known| !known.has(word)), page)?;
        known.push(catalogue);
    }
    Ok(())
}

fn words(
    catalogue: &cdi_policy::Catalogue,
    is_new: &dyn Fn(&PropertyName) -> bool,
    page: &mut Page,
) -> io::Result<()> {
    for (title, kind) in [("of the code", Kind::Code), ("of the place", Kind::Platform)] {
        let such = |(name, property): &(&PropertyName, &Property)| property.kind == kind && is_new(name);
        let mut properties = catalogue.properties().iter().filter(such).peekable();
        if properties.peek().is_some() {
            writeln!(page, "\nproperties {title}")?;
        }
        for (name, property) in properties {
            let kept = if property.preservable { " (a step can preserve it)" } else { "" };
            let value = if property.value == Some(cdi_policy::Value::Required) { "=..." } else { "" };
            let meaning = plain(&property.meaning);
            writeln!(page, "  {STRONG}{name}{STRONG:#}{value}{DIM}{kept}{DIM:#}\n      {meaning}")?;
        }
    }
    let tags: BTreeMap<&PropertyName, &Tag> =
        catalogue.tags().iter().filter(|(name, _)| is_new(name)).collect();
    if !tags.is_empty() {
        writeln!(page, "\ntags")?;
    }
    for (name, tag) in tags {
        let meaning = plain(&tag.meaning);
        writeln!(page, "  {STRONG}{name}{STRONG:#} := {}\n      {meaning}", tag.formula)?;
    }
    Ok(())
}

/// The catalogue with all of its words, those of what it extends included.
fn value(catalogue: &cdi_policy::Catalogue) -> Value {
    let properties: BTreeMap<&str, Value> = catalogue
        .properties()
        .iter()
        .map(|(name, property)| (name.as_str(), self::property(property)))
        .collect();
    let tags: BTreeMap<&str, Value> = catalogue
        .tags()
        .iter()
        .map(|(name, tag)| {
            let expanded = catalogue.meaning(name.as_str()).map(|formula| formula.to_string());
            let formula = tag.formula.to_string();
            (name.as_str(), json!({ "meaning": tag.meaning, "formula": formula, "expanded": expanded.ok() }))
        })
        .collect();
    let mut value = json!({
        "name": catalogue.name(), "digest": catalogue.digest(), "properties": properties, "tags": tags,
    });
    if let (Some(extends), Some(members)) = (catalogue.extends(), value.as_object_mut()) {
        members.insert("extends".to_owned(), json!(extends));
    }
    value
}

fn property(property: &Property) -> Value {
    match property.kind {
        Kind::Code => {
            let of = if property.is_of_making() { "making" } else { "bytes" };
            let preservable = property.preservable;
            json!({ "kind": "code", "meaning": property.meaning, "of": of, "preservable": preservable })
        }
        Kind::Platform => {
            let carries = property.value == Some(cdi_policy::Value::Required);
            json!({ "kind": "platform", "meaning": property.meaning, "value": carries })
        }
    }
}
