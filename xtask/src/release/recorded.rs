//! A release that carries its own history: built in a place of its own under `cdi wrap`, with what a reader needs to decide about it;
//! and built twice, to show that the bytes depend on neither the folder nor the run.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::compare;
use super::evidence::{Signer, output};
use super::place::{Place, toolchain, vendor};
use crate::build::{cargo, run, target};
use crate::repository::root;
use crate::supply_chain;

/// Builds once, recorded by the program as tests use it.
pub(crate) fn record(folder: Option<&str>, keys: Option<&str>) -> Result<(), String> {
    let work = Work::begin(folder.unwrap_or("target/recorded"), keys)?;
    let signer = work.signer(&bootstrap()?)?;
    let place = Place::new(&work.temporary.join("build"), &work.vendored())?;
    let (evidence, summary) = (work.file("evidence.intoto.jsonl"), work.temporary.join("run.json"));
    signer.origins(&place, &work.rust, &evidence)?;
    signer.recorded(&place, &work.rust, &summary, &evidence)?;
    super::hold(&place.program())?;
    work.publish(&place, &signer)?;
    work.vouch(&signer, &summary, &bootstrap_program())
}

/// Builds twice, in two folders: the second time recorded by what the first has made, which are the same bytes.
pub(crate) fn reproduce(folder: Option<&str>, keys: Option<&str>) -> Result<(), String> {
    let work = Work::begin(folder.unwrap_or("target/reproduced"), keys)?;
    let first = Place::new(&work.temporary.join("first"), &work.vendored())?;
    let second = Place::new(&work.temporary.join("a-second/folder"), &work.vendored())?;
    let (watched, recorded) = (work.temporary.join("first.json"), work.temporary.join("second.json"));
    let (signer, evidence) = (work.signer(&bootstrap()?)?, work.file("evidence.intoto.jsonl"));
    signer.origins(&second, &work.rust, &evidence)?;
    // What runs in a build is certified by the first, so that the second shows that it was nothing else.
    signer.watched(&first, &work.rust, &watched)?;
    super::hold(&first.program())?;
    let signer = work.signer(&first.program())?;
    signer.recorded(&second, &work.rust, &recorded, &evidence)?;
    compare::same(&first.program(), &second.program())?;
    println!("the same bytes in {} and {}", first.program().display(), second.program().display());
    work.publish(&second, &signer)?;
    work.vouch(&signer, &watched, &first.program())
}

/// The program as tests use it, which records the first build.
fn bootstrap() -> Result<PathBuf, String> {
    cargo(root(), &["build", "--package", "cdi-cli"])?;
    Ok(bootstrap_program())
}

fn bootstrap_program() -> PathBuf {
    target(root()).join("debug/cdi")
}

/// The folders of one release, the temporary one until it is made.
struct Work {
    /// Where it is built: outside of the repository, whose configuration cargo would find.
    temporary: PathBuf,
    /// What is given to readers.
    released: PathBuf,
    keys: PathBuf,
    rust: PathBuf,
}

impl Work {
    fn begin(folder: &str, keys: Option<&str>) -> Result<Self, String> {
        let released =
            std::path::absolute(root().join(folder)).map_err(|error| format!("{folder}: {error}"))?;
        let _ = std::fs::remove_dir_all(&released);
        std::fs::create_dir_all(&released).map_err(|error| format!("{}: {error}", released.display()))?;
        let temporary = std::env::temp_dir().join(format!("cdi-release-{}", std::process::id()));
        std::fs::create_dir_all(&temporary).map_err(|error| format!("{}: {error}", temporary.display()))?;
        let keys = keys.map_or_else(|| temporary.join("keys"), |keys| root().join(keys));
        let work = Self { temporary, released, keys, rust: toolchain()? };
        vendor(&work.vendored())?;
        Ok(work)
    }

    fn vendored(&self) -> PathBuf {
        self.temporary.join("vendor")
    }

    fn file(&self, name: &str) -> String {
        self.temporary.join(name).display().to_string()
    }

    fn signer(&self, cdi: &Path) -> Result<Signer, String> {
        Signer::new(cdi, &self.keys, &self.temporary)
    }

    /// Puts what was built and recorded where readers get it, with the bill and the policy.
    fn publish(&self, place: &Place, signer: &Signer) -> Result<(), String> {
        let program = place.program();
        for from in [program.clone(), program.with_file_name("cdi.intoto.jsonl")] {
            let to = self.released.join(from.file_name().unwrap_or_default());
            std::fs::copy(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
        }
        supply_chain::bill_of(&program, &self.released.join("cdi.cdx.json"))?;
        signer.policy(&self.released)
    }

    /// Certifies the build as a summary shows it, and decides about the program as a reader would.
    fn vouch(self, signer: &Signer, summary: &Path, recorder: &Path) -> Result<(), String> {
        let program = self.released.join("cdi");
        let bundle = self.released.join("cdi.intoto.jsonl").display().to_string();
        signer.certify(summary, recorder, &self.temporary, &bundle)?;
        signer.run(&self.released, &["verify", "cdi"])?;
        self.altered_is_refused(signer, &program)?;
        self.sums()?;
        println!("\n{}", self.released.display());
        run(Command::new("cat").arg("SHA256SUMS").current_dir(&self.released))?;
        std::fs::remove_dir_all(&self.temporary)
            .map_err(|error| format!("{}: {error}", self.temporary.display()))
    }

    /// One byte more, and the same evidence is about something else.
    fn altered_is_refused(&self, signer: &Signer, program: &Path) -> Result<(), String> {
        let altered = self.temporary.join("altered");
        let mut bytes = std::fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
        bytes.push(0);
        std::fs::write(&altered, bytes).map_err(|error| format!("{}: {error}", altered.display()))?;
        let altered = altered.display().to_string();
        match signer.ends(&self.released, &["verify", &altered, "--bundle", "cdi.intoto.jsonl"])? {
            Some(1) => Ok(()),
            status => Err(format!("an altered program was not denied: {status:?}")),
        }
    }

    /// The digests of all that is given to readers, as `sha256sum --check` reads them.
    fn sums(&self) -> Result<(), String> {
        let names = ["cdi", "cdi.intoto.jsonl", "cdi.cdx.json", "policy.yaml", "cdi.yaml"];
        let sums = output(Command::new("sha256sum").args(names).current_dir(&self.released))?;
        let to = self.released.join("SHA256SUMS");
        std::fs::write(&to, sums).map_err(|error| format!("{}: {error}", to.display()))
    }
}
