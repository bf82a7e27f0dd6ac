//! Writes every vector into `vectors/`: `cargo run -p cdi-testkit --example write-vectors`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    let all = cdi_testkit::vectors::all();
    let topics: std::collections::BTreeSet<&str> =
        all.keys().filter_map(|path| path.split('/').next()).collect();
    for topic in topics {
        let folder = root.join(topic);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
    }
    for (path, vector) in &all {
        std::fs::write(root.join(format!("{path}.json")), vector.to_file())?;
    }
    println!("{} vectors", all.len());
    Ok(())
}
