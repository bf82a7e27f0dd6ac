//! The command that writes the claims.

use cdi_authority::Toolchain;

use crate::support::Scene;

#[test]
fn every_template_is_written_and_nothing_is_found_in_it() {
    let scene = Scene::new();
    scene.done("key generate --out supplier.pem");
    for tool in Toolchain::all() {
        let name = tool.name;
        let said = scene.done(&format!("authority template --for {name} --out {name}.json"));
        assert!(said.contains(&format!("of `{name}` and no other")), "{said}");
        assert_eq!(scene.run(&format!("authority lint {name}.json")).status, 0, "{name}");
        scene.done(&format!(
            "authority template --for {name} --supplier supplier.pub.pem --out {name}-2.json"
        ));
        assert_eq!(scene.run(&format!("authority lint {name}-2.json")).status, 0, "{name}");
        let text = String::from_utf8(scene.read(&format!("{name}-2.json"))).unwrap();
        assert!(text.contains("\"manifests\"") && text.contains("\"toolchain\""), "{text}");
        scene.done(&format!(
            "authority template --for {name} --supplier supplier.pub.pem --unnamed listed --out {name}-3.json"
        ));
        assert_eq!(scene.run(&format!("authority lint {name}-3.json")).status, 0, "{name}");
        assert!(text.lines().all(|line| line.len() < 1_400), "{name}");
    }
}

#[test]
fn a_tool_that_is_not_known_is_answered_with_those_that_are() {
    let scene = Scene::new();
    let ended = scene.run("authority template --for gc --out new.json");
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("gcc") && ended.stderr.contains("wasm-opt"), "{}", ended.stderr);
    assert!(!scene.path("new.json").exists());
    let help = scene.done("authority template --help");
    for tool in Toolchain::all() {
        assert!(help.contains(&format!("- {}:", tool.name)) && help.contains(tool.about), "{help}");
    }
    for line in
        ["--for gcc --establishes PIE", "--for gcc --runtime embedded --supplies X", "--for gcc b.jsonl"]
    {
        assert_eq!(scene.run(&format!("authority template {line} --out new.json")).status, 2, "{line}");
    }
}
