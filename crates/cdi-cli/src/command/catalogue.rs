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
/// A policy names its catalogue by the digest shown here, and is read under that one only. Several catalogues ship, each
/// with all words of the one before it. With `--catalogue FILE` a catalogue of your own is read, held to its rules and
/// shown: it adds words with a prefix and changes none.
///
///   cdi catalogue --catalogue acme.yaml --output digest
///   cdi catalogue --name code-deployment-integrity-v1 --output digest
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Catalogue {
    #[command(flatten)]
    catalogues: CatalogueArguments,
    /// The one of this name, of those that ship and those that are named; by default the last of them
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
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
        let chosen = self.chosen(&catalogues)?;
        let mut page = Page::new();
        let unwritable = |error: io::Error| Failure::failed("output-unwritable", error);
        match self.output.unwrap_or(Form::Text) {
            Form::Text if self.output.is_none() && manners::settled().quiet => return Ok(ExitCode::SUCCESS),
            Form::Digest => page.verbatim(&chosen.digest().to_string()),
            Form::Json => page.verbatim(&harmless::pretty(&value(chosen)).map_err(unwritable)?),
            Form::Text => {
                text(&catalogues, self.name.as_ref().map(|_| chosen), &mut page).map_err(unwritable)?
            }
            Form::Yaml => {
                let document = cdi_policy::Catalogue::document(chosen.digest()).ok_or_else(|| {
                    Failure::failed("usage", "`--output yaml` is for catalogues that ship")
                        .hint("an extension is in its own file")
                })?;
                page.verbatim(String::from_utf8_lossy(document).trim_end());
            }
        }
        terminal::page(page)?;
        Ok(ExitCode::SUCCESS)
    }

    fn chosen<'c>(&self, catalogues: &'c Catalogues) -> Result<&'c cdi_policy::Catalogue, Failure> {
        let Some(name) = &self.name else { return Ok(catalogues.newest()) };
        let of_the_name = |catalogue: &&cdi_policy::Catalogue| catalogue.name() == name;
        catalogues.all().find(of_the_name).ok_or_else(|| {
            let message = format!("there is no catalogue `{}`", name.escape_debug());
            Failure::failed("usage", message).meant(name, catalogues.all().map(cdi_policy::Catalogue::name))
        })
    }
}

/// Each catalogue with the words that it adds to those before; of one that was asked for, it alone.
fn text(catalogues: &Catalogues, only: Option<&cdi_policy::Catalogue>, page: &mut Page) -> io::Result<()> {
    let (mut known, mut apart): (Vec<&cdi_policy::Catalogue>, &str) = (Vec::new(), "");
    for catalogue in catalogues.all() {
        if only.is_some_and(|only| only.digest() != catalogue.digest()) {
            known.push(catalogue);
            continue;
        }
        let (name, digest) = (plain(catalogue.name()), catalogue.digest());
        writeln!(page, "{apart}{STRONG}{name}{STRONG:#}  sha256 {digest}")?;
        apart = "\n";
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
