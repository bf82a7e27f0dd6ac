//! Collections of Witness: what each of its attestors says of one run.

use crate::forms::{Mapped, resource};
use crate::members::{Members, Unread};
use crate::{Account, Form};

const MATERIAL: &str = "https://witness.dev/attestations/material/v0.1";
const COMMAND_RUN: &str = "https://witness.dev/attestations/command-run/v0.1";
const PRODUCT: &str = "https://witness.dev/attestations/product/v0.1";
const GIT: &str = "https://witness.dev/attestations/git/v0.1";

pub(super) fn collection(predicate: &Members<'_>, mapped: &mut Mapped) -> Result<Account, Unread> {
    let mut account = Account::new(Form::Witness);
    account.step = Some(predicate.text_due("name")?.to_owned());
    let mut seen = Vec::new();
    for one in predicate.objects("attestations")? {
        let kind = one.text_due("type")?;
        if ![MATERIAL, COMMAND_RUN, PRODUCT, GIT].contains(&kind) {
            continue;
        }
        if seen.contains(&kind) {
            return Err(format!("`{kind}` is there twice: of two accounts of one run neither is taken"));
        }
        seen.push(kind);
        let said = one.object_due("attestation")?;
        match kind {
            MATERIAL => materials(&said, &mut account)?,
            COMMAND_RUN => command(&said, &mut account)?,
            PRODUCT => products(&said, &mut account, mapped)?,
            _ => commit(&said, &mut account)?,
        }
    }
    Ok(account)
}

fn materials(said: &Members<'_>, account: &mut Account) -> Result<(), Unread> {
    for (name, digests) in said.named()? {
        account.inputs.push(resource(name, Some(&digests))?);
    }
    Ok(())
}

fn products(said: &Members<'_>, account: &mut Account, mapped: &mut Mapped) -> Result<(), Unread> {
    for (name, product) in said.named()? {
        mapped.output(account, name, product.object("digest")?.as_ref());
    }
    Ok(())
}

fn command(said: &Members<'_>, account: &mut Account) -> Result<(), Unread> {
    account.command = said.texts("cmd")?;
    account.exit = said.integer("exitcode")?;
    Ok(())
}

/// The commit that was checked out is an input without files.
fn commit(said: &Members<'_>, account: &mut Account) -> Result<(), Unread> {
    let name = said.texts("remotes")?.and_then(|remotes| remotes.into_iter().next()).unwrap_or_default();
    let git_commit = said.text("commithash")?.map(str::to_owned);
    account.inputs.push(crate::Resource { name, sha256: None, git_commit });
    Ok(())
}
