//! A release that carries its own history: built in a place of its own under `cdi wrap`, with what a reader needs to decide about it;
//! and built twice, to show that the bytes depend on neither the folder nor the run.

use std::collections::BTreeMap;
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
    let work = Work::begin(folder, "recorded", keys)?;
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
    let work = Work::begin(folder, "reproduced", keys)?;
    let first = Place::new(&work.temporary.join("first"), &work.vendored())?;
    let second = Place::new(&work.temporary.join("a-second/folder"), &work.vendored())?;
    let (watched, recorded) = (work.temporary.join("first.json"), work.temporary.join("second.json"));
    let (signer, evidence) = (work.signer(&bootstrap()?)?, work.file("evidence.intoto.jsonl"));
    signer.origins(&second, &work.rust, &evidence)?;
    signer.watched(&first, &work.rust, &watched)?;
    super::hold(&first.program())?;
    let signer = work.signer(&first.program())?;
    signer.recorded(&second, &work.rust, &recorded, &evidence)?;
    compare::same(&first.program(), &second.program())?;
    println!("the same bytes in {} and {}", first.program().display(), second.program().display());
    apart(&watched, &recorded, &second)?;
    work.publish(&second, &signer)?;
    work.vouch(&signer, &recorded, &first.program())
}

/// Says what ran in the second build and not in the first. Some macros have the name of their own folder in them; nothing that the
/// build has not made may be among it.
fn apart(first: &Path, second: &Path, place: &Place) -> Result<(), String> {
    let (first, second) = (ran(first)?, ran(second)?);
    let made = place.build().display().to_string();
    for (digest, path) in second.iter().filter(|(digest, _)| !first.contains_key(*digest)) {
        println!("other bytes in the second build: {path} {digest}");
        if !path.starts_with(&made) {
            return Err(format!("{path} ran in the second build only"));
        }
    }
    println!("{} files ran in the second build", second.len());
    Ok(())
}

/// The executables and libraries of a run, by their digests.
fn ran(summary: &Path) -> Result<BTreeMap<String, String>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", summary.display());
    let text = std::fs::read_to_string(summary).map_err(|error| failed(&error))?;
    let told: serde_json::Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    let libraries =
        told.pointer("/libraries/measured").ok_or_else(|| failed(&"no libraries were measured"))?;
    let files =
        told.get("executables").into_iter().chain([libraries]).filter_map(serde_json::Value::as_array);
    let member = |file: &serde_json::Value, name: &str| Some(file.get(name)?.as_str()?.to_owned());
    Ok(files.flatten().filter_map(|file| Some((member(file, "sha256")?, member(file, "path")?))).collect())
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
    /// Into a new folder; the one by default is of the build, and may be there from an earlier time.
    fn begin(folder: Option<&str>, by_default: &str, keys: Option<&str>) -> Result<Self, String> {
        let released = folder.map_or_else(|| target(root()).join(by_default), |folder| root().join(folder));
        if folder.is_none() {
            let _ = std::fs::remove_dir_all(&released);
        }
        if released.exists() {
            return Err(format!("{} is there already: a release has a new folder", released.display()));
        }
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
