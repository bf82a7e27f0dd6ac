//! Links of in-toto: the predicate of version 0.3, and the metadata that was signed by itself before there were statements.

use crate::forms::{Mapped, resource, resources};
use crate::members::{Members, Unread};
use crate::{Account, Form, Resource};

pub(super) fn v03(predicate: &Members<'_>) -> Result<Account, Unread> {
    Ok(Account { inputs: resources(predicate, "materials")?, ..step(Form::LinkV03, predicate)? })
}

pub(super) fn metadata(link: &Members<'_>, mapped: &mut Mapped) -> Result<Account, Unread> {
    let mut account = step(Form::Link, link)?;
    account.inputs = files(link, "materials")?;
    for (name, digests) in link.object_due("products")?.named()? {
        mapped.output(&mut account, name, Some(&digests));
    }
    Ok(account)
}

/// Names of files with their digests.
fn files(of: &Members<'_>, name: &str) -> Result<Vec<Resource>, Unread> {
    let Some(files) = of.object(name)? else { return Ok(Vec::new()) };
    files.named()?.iter().map(|(name, digests)| resource(name, Some(digests))).collect()
}

fn step(form: Form, of: &Members<'_>) -> Result<Account, Unread> {
    let by_products = of.object("byproducts")?;
    let exit = by_products.map(|found| found.integer("return-value")).transpose()?.flatten();
    Ok(Account {
        step: Some(of.text_due("name")?.to_owned()),
        command: of.texts("command")?,
        exit,
        ..Account::new(form)
    })
}
