//! Inventories as there are, and as there are not: node classes with sizes and occupancy, or every node unlike every other.

use cdi_placement::{
    CostModel, Described, EnvironmentKind, Form, Inventory, Joined, Level, Node, Offer, OfferId, Overheads,
    Rates, Requirement, Resources, Wanted, Workload,
};
use cdi_policy::Formula;
use cdi_types::{Name, PlatformProperty};
use fastrand::Rng;

/// How alike the nodes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fashion {
    /// Eight classes in twelve regions.
    Classes,
    /// Forty features, in a combination of its own on every node; sizes, overheads and rates of its own as well.
    Unique,
}

/// An inventory, and what its classes cost.
pub(crate) struct Made {
    /// The inventory.
    pub(crate) inventory: Inventory,
    /// The cost model.
    pub(crate) model: CostModel,
}

const GIB: u64 = 1 << 30;
const PRINCIPALS: [&str; 3] = ["cloud-provider", "data-owner", "developer"];
const REGIONS: [&str; 12] = [
    "eu-de", "eu-fr", "eu-nl", "eu-se", "us-east", "us-west", "us-south", "ap-jp", "ap-sg", "ap-in", "sa-br",
    "af-za",
];
const FEATURES: usize = 40;
/// Cores, gibibytes, rates of a core and of a gibibyte.
const CLASSES: [(&str, u64, u64, u64, u64); 8] = [
    ("general-4", 4, 16, 40_000, 5_000),
    ("general-8", 8, 32, 39_000, 4_900),
    ("general-16", 16, 64, 38_000, 4_800),
    ("general-64", 64, 256, 36_500, 4_600),
    ("memory-16", 16, 128, 43_000, 3_900),
    ("memory-64", 64, 512, 41_000, 3_700),
    ("compute-32", 32, 64, 33_000, 5_600),
    ("spot-16", 16, 64, 12_000, 1_600),
];

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn wanted(principal: &str, level: Level, property: &str) -> Wanted {
    Wanted { principal: name(principal), level, property: PlatformProperty::parse(property).unwrap() }
}

/// The same for every principal.
fn all(level: Level, properties: &[&str]) -> Vec<Wanted> {
    let of = |principal: &&str| {
        properties.iter().map(|property| wanted(principal, level, property)).collect::<Vec<_>>()
    };
    PRINCIPALS.iter().flat_map(of).collect()
}

/// The environments that nodes have, with overheads as they are measured on small machines.
fn environments() -> [(&'static str, EnvironmentKind, Vec<Wanted>, Overheads); 5] {
    let overheads = |cpu_milli, mib: u64, start_up_micros, slowdown_permille| Overheads {
        cpu_milli,
        memory_bytes: mib << 20,
        start_up_micros,
        slowdown_permille,
    };
    let certified = |properties: &[&str]| all(Level::Certified, properties);
    [
        (
            "embedded",
            EnvironmentKind::Embedded,
            certified(&["GUARD_PAGES=WASMTIME_4GIB_32MIB", "NETWORK_ISOLATION"]),
            overheads(0, 2, 22, 1_000),
        ),
        (
            "confined",
            EnvironmentKind::Confined,
            certified(&["NETWORK_ISOLATION"]),
            overheads(0, 4, 1_800, 1_000),
        ),
        ("runc", EnvironmentKind::Runc, certified(&["NETWORK_ISOLATION"]), overheads(5, 16, 14_000, 1_010)),
        (
            "runsc",
            EnvironmentKind::Gvisor,
            certified(&["SYSCALL_INTERPOSITION"]),
            overheads(50, 64, 85_000, 1_150),
        ),
        ("kata", EnvironmentKind::Kata, certified(&["VM_ISOLATION"]), overheads(250, 160, 600_000, 1_050)),
    ]
}

fn in_use(rng: &mut Rng, allocatable: Resources) -> Resources {
    // A tenth of the nodes is empty, a tenth full, the rest anything between.
    let share = match rng.u8(..10) {
        0 => 0,
        1 => 1_000,
        _ => rng.u64(50..950),
    };
    let of = |all: u64| all / 1_000 * share;
    Resources { cpu_milli: of(allocatable.cpu_milli), memory_bytes: of(allocatable.memory_bytes) }
}

fn node(
    rng: &mut Rng,
    n: usize,
    class: &str,
    capacity: Resources,
    meets: Described,
    environments: Vec<OfferId>,
) -> Node {
    let Resources { cpu_milli, memory_bytes } = capacity;
    let allocatable =
        Resources { cpu_milli: cpu_milli - 200, memory_bytes: memory_bytes - memory_bytes / 16 };
    Node {
        name: name(&format!("node-{n:06}")),
        class: name(class),
        architecture: name("x86-64"),
        capacity,
        allocatable,
        in_use: in_use(rng, allocatable),
        meets,
        environments,
    }
}

/// An inventory of so many nodes.
pub(crate) fn generate(rng: &mut Rng, nodes: usize, fashion: Fashion) -> Made {
    match fashion {
        Fashion::Classes => classes(rng, nodes),
        Fashion::Unique => unique(rng, nodes),
    }
}

fn classes(rng: &mut Rng, nodes: usize) -> Made {
    let mut inventory = Inventory::new();
    let offers = environments().map(|(of, kind, meets, overheads)| {
        let meets = inventory.describe(meets).unwrap();
        inventory.offer(Offer { name: name(of), kind, meets, overheads }).unwrap()
    });
    for n in 0..nodes {
        let (class, cores, gib, ..) = CLASSES[rng.usize(..CLASSES.len())];
        let capacity = Resources { cpu_milli: cores * 1_000, memory_bytes: gib * GIB };
        let location = format!("LOCATION={}", REGIONS[rng.usize(..REGIONS.len())]);
        let mut meets = all(Level::Asserted, &[&location, "SINGLE_TENANT"]);
        if rng.u8(..20) == 0 {
            meets.extend(all(Level::Attested, &["MEMORY_ENCRYPTION"]));
        }
        let meets = inventory.describe(meets).unwrap();
        // All have the first three; a third has gVisor, a sixth Kata.
        let own = offers.iter().enumerate().filter(|(kind, _)| match kind {
            3 => rng.u8(..3) == 0,
            4 => rng.u8(..6) == 0,
            _ => true,
        });
        let own = own.map(|(_, id)| *id).collect();
        let node = node(rng, n, class, capacity, meets, own);
        inventory.node(node).unwrap();
    }
    let rates = CLASSES
        .map(|(class, _, _, core_hour, gibibyte_hour)| (name(class), Rates { core_hour, gibibyte_hour }));
    Made { inventory, model: CostModel { currency: name("EUR"), classes: rates.into() } }
}

fn unique(rng: &mut Rng, nodes: usize) -> Made {
    let mut inventory = Inventory::new();
    let mut rates = Vec::new();
    for n in 0..nodes {
        let (class, cores, gib) = (format!("own-{n:06}"), rng.u64(2..128), rng.u64(8..512));
        let capacity = Resources {
            cpu_milli: cores * 1_000 + rng.u64(..1_000),
            memory_bytes: gib * GIB + rng.u64(..GIB),
        };
        let own: Vec<Wanted> = (0..FEATURES).filter(|_| rng.bool()).map(feature).collect();
        let meets = inventory.describe(own).unwrap();
        let none = inventory.describe([]).unwrap();
        let environments = ["embedded", "runc", "runsc"].map(|of| {
            let overheads = Overheads {
                cpu_milli: rng.u64(..300),
                memory_bytes: rng.u64(..GIB),
                start_up_micros: rng.u64(20..600_000),
                slowdown_permille: rng.u64(1_000..1_300),
            };
            let offer = Offer { name: name(of), kind: EnvironmentKind::Runc, meets: none, overheads };
            inventory.offer(offer).unwrap()
        });
        let node = node(rng, n, &class, capacity, meets, environments.to_vec());
        inventory.node(node).unwrap();
        let (core_hour, gibibyte_hour) = (rng.u64(10_000..50_000), rng.u64(1_500..6_000));
        rates.push((name(&class), Rates { core_hour, gibibyte_hour }));
    }
    Made { inventory, model: CostModel { currency: name("EUR"), classes: rates.into_iter().collect() } }
}

fn feature(n: usize) -> Wanted {
    wanted(PRINCIPALS[n % 3], Level::Certified, &format!("FEATURE_{n}"))
}

fn requires(open: Formula<Wanted>) -> Requirement {
    let principal = open.atoms().first().map_or_else(|| name("nobody"), |wanted| wanted.principal.clone());
    Requirement { principal, requirement: open.to_string(), open }
}

/// What somebody asks for: a residual and a workload.
pub(crate) fn workload(rng: &mut Rng, fashion: Fashion) -> (Joined, Workload) {
    let requirements = match fashion {
        Fashion::Classes => policies(rng),
        Fashion::Unique => {
            (0..rng.usize(1..6)).map(|_| requires(Formula::Atom(feature(rng.usize(..FEATURES))))).collect()
        }
    };
    (Joined::of(&requirements).unwrap(), sized(rng))
}

/// What is asked for in vain: each alternative is there, and never with what else it needs.
pub(crate) fn in_vain(rng: &mut Rng, fashion: Fashion) -> (Joined, Workload) {
    let requirements = match fashion {
        Fashion::Classes => {
            let no = |property| Formula::Atom(wanted("data-owner", Level::Attested, property));
            let sandboxed = Formula::Any(
                ["SYSCALL_INTERPOSITION", "VM_ISOLATION"]
                    .map(|property| {
                        Formula::All(vec![certified("cloud-provider", property), no("LOCATION=eu-de")])
                    })
                    .to_vec(),
            );
            vec![requires(sandboxed)]
        }
        Fashion::Unique => (0..FEATURES).map(|n| requires(Formula::Atom(feature(n)))).collect(),
    };
    (Joined::of(&requirements).unwrap(), sized(rng))
}

fn certified(principal: &str, property: &str) -> Formula<Wanted> {
    Formula::Atom(wanted(principal, Level::Certified, property))
}

fn policies(rng: &mut Rng) -> Vec<Requirement> {
    let mut requirements = Vec::new();
    // What the code has not proved.
    if rng.bool() {
        let sandbox = ["GUARD_PAGES=WASMTIME_4GIB_32MIB", "SYSCALL_INTERPOSITION", "VM_ISOLATION"];
        let from = rng.usize(..3);
        requirements.push(requires(Formula::Any(
            sandbox[from..].iter().map(|word| certified("cloud-provider", word)).collect(),
        )));
    }
    if rng.bool() {
        requirements.push(requires(certified("developer", "NETWORK_ISOLATION")));
    }
    if rng.bool() {
        let regions =
            (0..rng.usize(1..4)).map(|_| format!("LOCATION={}", REGIONS[rng.usize(..REGIONS.len())]));
        let regions = regions.map(|region| Formula::Atom(wanted("data-owner", Level::Asserted, &region)));
        requirements.push(requires(Formula::Any(regions.collect())));
    }
    match rng.u8(..20) {
        0 => requirements.push(requires(Formula::Atom(wanted(
            "data-owner",
            Level::Attested,
            "MEMORY_ENCRYPTION",
        )))),
        1 => {
            requirements.push(requires(Formula::Atom(wanted("data-owner", Level::Asserted, "SINGLE_TENANT"))))
        }
        _ => {}
    }
    requirements
}

fn sized(rng: &mut Rng) -> Workload {
    let request = Resources { cpu_milli: rng.u64(1..40) * 100, memory_bytes: rng.u64(1..64) << 27 };
    let lifetime = [1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000][rng.usize(..4)];
    Workload::new(request, lifetime, Form::any()).unwrap()
}
