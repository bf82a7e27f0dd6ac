//! Catalogues as a configuration names them.

use cdi_policy::{CatalogueEntry, Catalogues, Configuration};
use cdi_testkit::scenario::acme;
use cdi_types::CatalogueDigest;

#[test]
fn a_configuration_names_catalogues_and_pins_them() {
    let text = "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {name: host}\nspec:\n  \
                host: me\n  principals: [{name: me, policy: me.yaml, required: always}]\n  catalogues: [{path: acme.yaml}]\n  \
                environments: [{name: hall, provides: [ACME_RACK=7]}]\n";
    let mut catalogues = Catalogues::builtin().unwrap();
    let unknown = Configuration::load(text.as_bytes(), &catalogues).unwrap_err();
    assert_eq!(unknown.code(), "configuration-unknown-property");
    let entries = Configuration::catalogues(text.as_bytes()).unwrap();
    let [CatalogueEntry { path, sha256: None }] = entries.as_slice() else { panic!("{entries:?}") };
    let pinned =
        |bytes: &[u8]| CatalogueEntry { path: path.clone(), sha256: Some(CatalogueDigest::of(bytes)) };
    let refused = pinned(b"another").load(acme().as_bytes(), &mut catalogues).unwrap_err();
    assert_eq!((refused.code(), catalogues.extensions().len()), ("catalogue-digest", 0));
    pinned(acme().as_bytes()).load(acme().as_bytes(), &mut catalogues).unwrap();
    assert_eq!(Configuration::load(text.as_bytes(), &catalogues).unwrap().catalogue_entries(), entries);
}
