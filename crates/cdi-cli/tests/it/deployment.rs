//! A folder in which a decision is made.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output, Stdio};

use cdi_testkit::scenario::{NOW, Scenario};
use snapbox::assert_data_eq;

/// A folder with a scenario in it, as a user would have it.
pub(crate) struct Deployment {
    pub(crate) folder: tempfile::TempDir,
}

impl Deployment {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("app.cwasm", b"artifact app.cwasm");
        write("app.cwasm.intoto.jsonl", &scenario.bundle());
        let mut principals = String::new();
        for (name, policy) in &scenario.policies {
            write(&format!("{name}.yaml"), policy.as_bytes());
            principals.push_str(&format!("    - {{name: {name}, policy: {name}.yaml, required: always}}\n"));
        }
        for party in &scenario.signing {
            let (name, key) = (&party.principal, party.key.as_deref().unwrap());
            let required = party.required.as_deref().unwrap_or("always");
            let least = party.at_least.map(|least| format!(", atLeast: {least}")).unwrap_or_default();
            let file = party.document.as_ref().map(|lines| {
                write(&format!("{name}.intoto.jsonl"), lines.as_bytes());
                format!(", policy: {name}.intoto.jsonl")
            });
            let file = file.unwrap_or_default();
            principals.push_str(&format!(
                "    - {{name: {name}, key: \"{key}\", required: {required}{least}{file}}}\n"
            ));
        }
        let configuration = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata:\n  name: host\nspec:\n  \
             host: cloud-provider\n  principals:\n{principals}"
        );
        let mut entries = Vec::new();
        for (number, document) in scenario.catalogues.iter().enumerate() {
            write(&format!("catalogue-{number}.yaml"), document.as_bytes());
            entries.push(format!("{{path: catalogue-{number}.yaml}}"));
        }
        let catalogues = match entries.as_slice() {
            [] => String::new(),
            entries => format!("  catalogues: [{}]\n", entries.join(", ")),
        };
        write("cdi.yaml", format!("{configuration}{catalogues}").as_bytes());
        Self { folder }
    }

    /// Changes the configuration.
    pub(crate) fn with_configuration(self, from: &str, to: &str) -> Self {
        let path = self.folder.path().join("cdi.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, cdi_testkit::scenario::swap(&text, from, to)).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.folder.path().join(name)).unwrap().permissions().mode() & 0o7777
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdi"));
        command.args(line.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("CDI_CONFIG").env("CDI_STATE", self.folder.path().join(".state"));
        // Wide, so that a test finds a sentence whole; what is folded where is what the snapshots are for.
        command.env("COLUMNS", "1000");
        command
    }

    pub(crate) fn cdi(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    pub(crate) fn says(&self, line: &str, status: i32, snapshot: snapbox::Data) {
        let output = self.command(line).env("COLUMNS", "80").output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(output.status.code(), Some(status), "{line}: {}", text(&output.stderr));
        let said = format!("$ cdi {line}\n{}{}", text(&output.stdout), text(&output.stderr));
        // As it is: a backslash must stay one.
        assert_data_eq!(said, snapshot.raw());
    }
}

/// `cdi verify` at the fixed time.
pub(crate) fn verify(rest: &str) -> String {
    format!("verify app.cwasm --at {NOW} {rest}").trim_end().to_owned()
}
