//! `cdi authority succeed`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use cdi_authority::say_again;
use cdi_types::StatementId;
use clap::Args;
use serde::Serialize;

use super::files;
use super::folder::Folder;
use super::signing::Signing;
use crate::answer::Answer;
use crate::count;
use crate::failure::Failure;
use crate::layout::Page;
use crate::terminal;

/// Let this authority's new key say again what its old key says.
///
/// For an authority that changes its key: DIR has the new one, `--from` the old one, and both the same name. Every certification and endorsement
/// of the old key that is current and not revoked is signed with the new one, until the same time. Nothing is looked at
/// anew: the old journal vouches for what was vetted. What is there already is not said again, so that whoever was
/// interrupted can begin again. The old key stays as good as it was; policies and parents must take it back.
///
///   cdi authority create acme-2 --name "Acme vetting"
///   cdi authority succeed acme-2 --from acme --out acme-2.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Succeed {
    /// The folder with the old key
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    /// What the new key says.
    said: Vec<StatementId>,
    /// What it does not say: of the old key, and ended, revoked, or said already.
    left: Vec<StatementId>,
    file: String,
}

impl Succeed {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let at = self.signing.at.time()?;
        let from = Folder::open(&self.from)?;
        let old = from.records()?;
        let folder = self.signing.folder()?;
        files::refuse_existing(&self.signing.out)?;
        if folder.key.key_id() == old.key().key_id() {
            let message = "both folders have the same key";
            return Err(Failure::failed("authority-succeeds-itself", message)
                .hint("`cdi authority create` makes a folder with a new key"));
        }
        let (old_name, new_name) = (&from.settings.name, &folder.settings.name);
        if old_name != new_name {
            let message = format!(
                "`{}` is the folder of `{old_name}`, and `{}` that of `{new_name}`",
                terminal::path(&self.from),
                terminal::path(&self.signing.dir)
            );
            return Err(Failure::failed("authority-succeeds-another", message).hint(format!(
                "an authority says again what it has said itself, and nobody else; a new key of `{old_name}` is made with \
                 `cdi authority create DIR --name \"{old_name}\"`"
            )));
        }
        let signer = folder.signer(&self.signing.passphrase)?;
        let locked = folder.lock()?;
        let mut records = locked.records()?;
        let mut done = Said { said: Vec::new(), left: Vec::new(), file: String::new() };
        let mut lines = Vec::new();
        for entry in old.journal().entries() {
            match say_again(entry, &old, &records, at, signer.as_ref())? {
                None => done.left.push(entry.id),
                Some(sealed) => {
                    records = records.after(&sealed)?;
                    done.said.push(sealed.id);
                    lines.push(sealed.line);
                }
            }
        }
        locked.write_whole_journal(&records)?;
        drop(locked);
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        cdi_store::write_new(&self.signing.out, &records.all_with_chain(&lines), 0o644).map_err(|error| {
            Failure::from(error)
                .hint("all is signed and in the journal; `cdi authority show DIR ID --out FILE` writes each")
        })?;
        done.file = self.signing.out.display().to_string();
        self.signing.output.say(&done)
    }
}

impl Answer for Said {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let (said, left) = (count::of(self.said.len(), "statement"), self.left.len());
        writeln!(page, "said again: {said}")?;
        writeln!(page, "  left  {left}, that have ended, were revoked, or are said already")?;
        writeln!(page, "  file  {}", terminal::plain(&self.file))
    }
}
