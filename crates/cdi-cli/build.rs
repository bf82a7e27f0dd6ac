//! Puts the pages of docs/codes into the program: one table, by code, of the pages as they are written.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    // Asked for when this runs: a build folder that was moved has its old place in it.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo names no package")?;
    let folder = Path::new(&package).join("../../docs/codes").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed=build.rs");
    let mut pages: BTreeMap<String, PathBuf> = BTreeMap::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let is_page = path.extension().is_some_and(|suffix| suffix == "md");
        // The index is made of the pages.
        if is_page && path.file_name().is_some_and(|name| name != "README.md") {
            pages.insert(path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path);
        }
    }
    let mut table = String::from("&[\n");
    for (code, page) in pages {
        writeln!(table, "    ({code:?}, include_str!({:?})),", page.display().to_string())?;
    }
    table.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?;
    std::fs::write(Path::new(&out).join("code_pages.rs"), table)?;
    Ok(())
}
