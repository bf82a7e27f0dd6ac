//! Why only a report can tell whether code is guarded against speculation: the engine does not.

use std::collections::BTreeMap;

use cdi_wasm_aot::{Compiled, CompilerOptions, OptLevel, Profile, SpectreMitigations, assemble, compile};

use crate::host::{AMPLE, Host};

fn hello(profile: Profile, spectre_mitigations: SpectreMitigations) -> Compiled {
    let module = assemble(include_bytes!("../../guests/hello.wat")).unwrap().artifact;
    compile(&module, profile, &CompilerOptions { opt_level: OptLevel::Speed, spectre_mitigations }).unwrap()
}

#[test]
fn the_settings_of_unguarded_code_differ() {
    for profile in Profile::ALL {
        let on = hello(profile, SpectreMitigations::On).settings;
        let off = hello(profile, SpectreMitigations::DangerouslyOff).settings;
        let changed: BTreeMap<_, _> =
            off.iter().filter(|(name, value)| on.get(*name) != Some(value)).collect();
        assert!(changed.keys().all(|name| name.contains("spectre-mitigation")), "{changed:?}");
        assert!(changed.len() == 2 && changed.values().all(|value| *value == "false"), "{changed:?}");
    }
}

#[test]
fn unguarded_code_loads_all_the_same() {
    for profile in Profile::ALL {
        let artifact = hello(profile, SpectreMitigations::DangerouslyOff).artifact;
        let ended = Host::unified().run(&artifact, profile, AMPLE);
        assert_eq!(ended.status, Some(7), "the engine now notices; say so in the docs: {ended:?}");
    }
}
