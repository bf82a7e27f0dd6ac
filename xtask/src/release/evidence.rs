//! Who vouches for a release: keys, what they list, a certification of cargo as this machine has it, and a policy that asks for it all.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::place::Place;
use crate::build::run;
use crate::repository::root;

/// Debian's packages whose files a build reads: headers, start-up objects and libraries that are linked. Those of the compiler come besides.
const PACKAGES: [&str; 4] = ["libc6", "libc6-dev", "libgcc-s1", "linux-libc-dev"];

/// The program that records and signs, and the folder of the keys.
pub(super) struct Signer {
    cdi: PathBuf,
    keys: PathBuf,
    /// Where the program keeps what it remembers: nothing of the user's own.
    state: PathBuf,
}

impl Signer {
    /// With the keys that are in the folder; those that are missing are made, and are good for a demonstration only.
    pub(super) fn new(cdi: &Path, keys: &Path, state: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(keys).map_err(|error| format!("{}: {error}", keys.display()))?;
        let signer = Self { cdi: cdi.to_owned(), keys: keys.to_owned(), state: state.to_owned() };
        for name in ["release", "toolchain", "cargo"] {
            if !signer.public(name).exists() {
                println!("no key in {}: one is made, for a demonstration", signer.public(name).display());
                let out = signer.key(name);
                signer
                    .run(root(), &["key", "generate", "--quiet", "--algorithm", "ed25519", "--out", &out])?;
            }
        }
        if !keys.join("vetting").exists() {
            let vetting = signer.file("vetting");
            signer.run(
                root(),
                &["authority", "create", &vetting, "--name", "vetting", "--algorithm", "ed25519"],
            )?;
        }
        Ok(signer)
    }

    fn file(&self, name: &str) -> String {
        self.keys.join(name).display().to_string()
    }

    /// A private key, or the public one if an agent holds the private part.
    fn key(&self, name: &str) -> String {
        let private = self.file(&format!("{name}.pem"));
        if self.public(name).exists() && !Path::new(&private).exists() {
            return self.public(name).display().to_string();
        }
        private
    }

    fn public(&self, name: &str) -> PathBuf {
        self.keys.join(format!("{name}.pub.pem"))
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        println!("$ cdi {}", arguments.join(" "));
        let mut command = Command::new(&self.cdi);
        command.args(arguments).current_dir(folder).env_remove("CDI_CONFIG");
        command.env("CDI_STATE", self.state.join("state")).env("XDG_CACHE_HOME", self.state.join("cache"));
        command
    }

    /// Runs the program in a folder.
    pub(super) fn run(&self, folder: &Path, arguments: &[&str]) -> Result<(), String> {
        run(&mut self.command(folder, arguments))
    }

    /// Runs the program in a folder, and tells its status.
    pub(super) fn ends(&self, folder: &Path, arguments: &[&str]) -> Result<Option<i32>, String> {
        let status = self.command(folder, arguments).status();
        Ok(status.map_err(|error| format!("{}: {error}", self.cdi.display()))?.code())
    }

    fn told(&self, arguments: &[&str]) -> Result<String, String> {
        Ok(output(&mut self.command(root(), arguments))?.trim().to_owned())
    }

    fn public_key(&self, file: &Path) -> Result<String, String> {
        self.told(&["key", "show", &file.display().to_string(), "--only", "public-key"])
    }

    /// Runs a build so that nothing of it is left out: unsigned, with what was measured in a file.
    pub(super) fn watched(&self, place: &Place, rust: &Path, summary: &Path) -> Result<(), String> {
        self.wrap(place, rust, &["--summary", &summary.display().to_string()])
    }

    /// Runs a build and signs the report of it, which comes beside the program with what is in the bundle.
    pub(super) fn recorded(
        &self,
        place: &Place,
        rust: &Path,
        summary: &Path,
        bundle: &str,
    ) -> Result<(), String> {
        let (key, summary) = (self.key("cargo"), summary.display().to_string());
        self.wrap(place, rust, &["--key", &key, "--bundle", bundle, "--summary", &summary])
    }

    fn wrap(&self, place: &Place, rust: &Path, options: &[&str]) -> Result<(), String> {
        let text = |path: PathBuf| path.display().to_string();
        let (build, out, program) = (text(place.build()), text(place.out()), text(place.program()));
        let (toolchain, cargo) = (text(rust.to_owned()), text(rust.join("bin/cargo")));
        let mut arguments: Vec<String> =
            ["wrap", "--verbose", "--capture", "confined", "--allow-read", "/usr"]
                .into_iter()
                .chain(["--allow-read", &toolchain, "--allow-write", &build, "--allow-write", &out])
                .chain(["--input", "cdi/", "--input", "vendor/", "--output", &program])
                .chain(options.iter().copied())
                .map(str::to_owned)
                .collect();
        for (name, value) in place.variables(rust) {
            arguments.extend(["--env".to_owned(), format!("{name}={value}")]);
        }
        arguments.extend(["--".to_owned(), cargo]);
        arguments.extend(place.arguments());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run(&place.sources(), &arguments)
    }

    /// Lists the commit, the libraries and the toolchain, each signed by its key, in one bundle.
    pub(super) fn origins(&self, place: &Place, rust: &Path, bundle: &str) -> Result<(), String> {
        let (release, toolchain) = (self.key("release"), self.key("toolchain"));
        let root = root().display().to_string();
        let signed = ["origin", "sign", "--out", bundle, "--key"];
        let sign = |rest: &[&str]| self.run(&place.sources(), &[signed.as_slice(), rest].concat());
        sign(&[&release, "--git", &root, "--tree", "."])?;
        sign(&[&release, "--kind", "library", "--tree", "vendor"])?;
        let list = place.build().join("packages.txt");
        packages(&list)?;
        sign(&[&toolchain, "--kind", "toolchain", "--list", &list.display().to_string()])?;
        let libraries = rust.join("lib/rustlib").join(super::HERE).join("lib").display().to_string();
        sign(&[&toolchain, "--kind", "toolchain", &libraries])
    }

    /// Certifies cargo with what ran in the run of a summary, and puts that and a revocation list into a bundle.
    pub(super) fn certify(
        &self,
        summary: &Path,
        recorder: &Path,
        folder: &Path,
        bundle: &str,
    ) -> Result<(), String> {
        let file = |name: &str| folder.join(name).display().to_string();
        let (request, claims, certification, list) = (
            file("request.intoto.jsonl"),
            file("claims.json"),
            file("certification.intoto.jsonl"),
            file("list.intoto.jsonl"),
        );
        let version = self.cargo_version()?;
        let text = self.filled("claims.json")?;
        std::fs::write(&claims, text).map_err(|error| format!("{claims}: {error}"))?;
        let (key, vetting) = (self.key("cargo"), self.file("vetting"));
        let (summary, recorder) = (summary.display().to_string(), recorder.display().to_string());
        self.run(root(), &["authority", "lint", &claims])?;
        self.run(
            root(),
            &[
                "request",
                "certification",
                "--key",
                &key,
                "--tool-name",
                "cargo",
                "--tool-version",
                &version,
                "--supplier",
                "rust",
                "--summary",
                &summary,
                "--recorder",
                &recorder,
                "--linkage",
                "dynamic",
                "--custody",
                "software",
                "--out",
                &request,
            ],
        )?;
        self.run(
            root(),
            &[
                "authority",
                "certify",
                &vetting,
                "--request",
                &request,
                "--claims",
                &claims,
                "--for",
                "365d",
                "--vetting-method",
                "the build was run and what ran in it was listed; for a demonstration",
                "--out",
                &certification,
            ],
        )?;
        self.run(root(), &["authority", "publish", &vetting, "--out", &list])?;
        self.run(root(), &["bundle", "add", bundle, &certification, &list])
    }

    fn cargo_version(&self) -> Result<String, String> {
        let output =
            Command::new("cargo").arg("--version").output().map_err(|error| format!("cargo: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split_whitespace().nth(1).map(str::to_owned).ok_or_else(|| format!("cargo says {text:?}"))
    }

    /// Writes what a reader decides by beside the program: the policy, and whom it trusts.
    pub(super) fn policy(&self, folder: &Path) -> Result<(), String> {
        for name in ["policy.yaml", "cdi.yaml"] {
            let to = folder.join(name);
            std::fs::write(&to, self.filled(name)?).map_err(|error| format!("{}: {error}", to.display()))?;
        }
        Ok(())
    }

    /// A document of the release, with the keys and the catalogue in it that it leaves open.
    fn filled(&self, name: &str) -> Result<String, String> {
        let path = root().join("supply-chain/release").join(name);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = text.replace("\"RELEASE\"", &format!("\"{}\"", self.public_key(&self.public("release"))?));
        let text =
            text.replace("\"TOOLCHAIN\"", &format!("\"{}\"", self.public_key(&self.public("toolchain"))?));
        let authority = self.public_key(&self.keys.join("vetting/public.pem"))?;
        let text = text.replace("\"AUTHORITY\"", &format!("\"{authority}\""));
        Ok(text
            .replace("\"CATALOGUE\"", &format!("\"{}\"", self.told(&["catalogue", "--output", "digest"])?)))
    }
}

/// The files of the packages, one a line.
fn packages(list: &Path) -> Result<(), String> {
    let version = output(Command::new("gcc").arg("-dumpversion"))?;
    let of_gcc = format!("libgcc-{}-dev", version.trim());
    let listed = output(Command::new("dpkg").arg("--listfiles").args(PACKAGES).arg(of_gcc))?;
    std::fs::write(list, listed).map_err(|error| format!("{}: {error}", list.display()))
}

/// What a command says, if it ends well.
pub(super) fn output(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|error| format!("{shown}: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{shown}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}
