//! Claims about tools that many builds use, for an authority to begin with: which options establish which property of the
//! catalogue that ships, and what the tool preserves where its recorder sees all that it reads.
//!
//! In goes a tool's name, out come claims. Nothing here is trusted or signed: whoever certifies the tool vets it, and says so.
//! What each template assumes and leaves to the vetter is in `docs/toolchains.md`.

mod condition;
mod template;

use cdi_types::{CaptureLevel, Manifest, Unnamed};

use crate::{Claims, ClaimsError};

/// A tool of which claims ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Toolchain {
    /// The name by which the template is known.
    pub name: &'static str,
    /// What the tool does, in a few words.
    pub about: &'static str,
    /// The names under which the tool is called.
    programs: &'static [&'static str],
    /// The ways in which it is run, as a document.
    document: &'static str,
}

const DRIVER: &str = include_str!("toolchain/driver.json");

/// All of them, by name.
const ALL: [Toolchain; 11] = [
    Toolchain {
        name: "ar",
        about: "the GNU archiver, into a new archive",
        programs: &["ar", "x86_64-linux-gnu-ar"],
        document: include_str!("toolchain/ar.json"),
    },
    Toolchain {
        name: "as",
        about: "the GNU assembler",
        programs: &["as", "x86_64-linux-gnu-as"],
        document: include_str!("toolchain/as.json"),
    },
    Toolchain {
        name: "cargo",
        about: "Rust's build tool: a program as one operation, with `cargo rustc` or `cargo install`",
        programs: &["cargo"],
        document: include_str!("toolchain/cargo.json"),
    },
    Toolchain {
        name: "clang",
        about: "LLVM's compiler of C and C++, with GNU ld as its linker",
        programs: &["clang", "clang++", "clang-14", "clang++-14"],
        document: DRIVER,
    },
    Toolchain {
        name: "gcc",
        about: "GNU's compiler of C and C++",
        programs: &[
            "cc",
            "c++",
            "gcc",
            "g++",
            "gcc-12",
            "g++-12",
            "x86_64-linux-gnu-gcc",
            "x86_64-linux-gnu-g++",
        ],
        document: DRIVER,
    },
    Toolchain {
        name: "ld",
        about: "the GNU linker, run alone",
        programs: &["ld", "ld.bfd", "x86_64-linux-gnu-ld"],
        document: include_str!("toolchain/ld.json"),
    },
    Toolchain {
        name: "rustc",
        about: "Rust's compiler, run alone",
        programs: &["rustc"],
        document: include_str!("toolchain/rustc.json"),
    },
    Toolchain {
        name: "strip",
        about: "GNU strip, into another file",
        programs: &["strip", "x86_64-linux-gnu-strip"],
        document: include_str!("toolchain/strip.json"),
    },
    Toolchain {
        name: "wamrc",
        about: "WAMR's ahead-of-time compiler",
        programs: &["wamrc"],
        document: include_str!("toolchain/wamrc.json"),
    },
    Toolchain {
        name: "wasm-opt",
        about: "Binaryen's optimiser of WebAssembly",
        programs: &["wasm-opt"],
        document: include_str!("toolchain/wasm-opt.json"),
    },
    Toolchain {
        name: "wasm2c",
        about: "WABT's translator of WebAssembly to C",
        programs: &["wasm2c"],
        document: include_str!("toolchain/wasm2c.json"),
    },
];

impl Toolchain {
    /// Every tool of which claims ship, by name.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        &ALL
    }

    /// The tool of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|toolchain| toolchain.name == name)
    }

    /// The claims, which name the suppliers of what the tool reads besides its arguments by these manifests. Where unnamed inputs
    /// are to be listed, they are about runs only of which all that was read is known.
    ///
    /// # Errors
    /// None that a test of this crate would let pass; the documents are read like any other.
    pub fn claims(&self, manifests: &[Manifest], unnamed: Unnamed) -> Result<Claims, ClaimsError> {
        let mut claims = template::Template::read(self.document)?.claims(self.programs, manifests)?;
        if unnamed == Unnamed::Listed {
            claims.invocations.values_mut().for_each(|invocation| invocation.unnamed = unnamed);
            claims.claims.iter_mut().for_each(|claim| claim.lowest_capture = Some(CaptureLevel::Traced));
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests;
