//! Names of the families of sockets (address_families(7)).

use std::collections::BTreeSet;

const NAMES: [(u32, &str); 12] = [
    (1, "unix"),
    (2, "inet"),
    (10, "inet6"),
    (15, "key"),
    (16, "netlink"),
    (17, "packet"),
    (29, "can"),
    (31, "bluetooth"),
    (38, "alg"),
    (40, "vsock"),
    (44, "xdp"),
    (45, "mctp"),
];
/// More families than Linux has are numbers that a tool made up.
const MOST: usize = 32;

/// The families in words.
pub(super) fn names(families: &BTreeSet<u32>) -> Vec<String> {
    let name = |family: &u32| {
        let known = NAMES.iter().find(|(number, _)| number == family);
        known.map_or_else(|| family.to_string(), |(_, name)| (*name).to_owned())
    };
    families.iter().take(MOST).map(name).collect()
}
