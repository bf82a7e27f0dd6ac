use super::super::Form;
use super::*;

const GIB: u64 = 1 << 30;
const HOUR: u64 = 3_600_000_000;

fn workload(cpu_milli: u64, memory_bytes: u64, lifetime: u64) -> Workload {
    Workload::new(Resources { cpu_milli, memory_bytes }, lifetime, Form::any()).unwrap()
}

fn costing(overheads: Overheads) -> Costing {
    let rates = Rates { core_hour: 40_000, gibibyte_hour: 5_000 };
    Costing { rates, overheads, capacity: Resources { cpu_milli: 8_000, memory_bytes: 32 * GIB } }
}

#[test]
fn a_price_is_that_of_the_resources_for_the_time() {
    let bare = costing(Overheads::NONE);
    let price = bare.price(&workload(2_000, 4 * GIB, HOUR), Tenancy::Shared);
    assert_eq!(price.micros_per_hour(), 2 * 40_000 + 4 * 5_000);
    assert_eq!(price.to_string(), "0.100000");
    let whole = bare.price(&workload(2_000, 4 * GIB, HOUR), Tenancy::WholeNode);
    assert_eq!(whole.micros_per_hour(), 8 * 40_000 + 32 * 5_000);
}

#[test]
fn every_overhead_is_paid_for() {
    let overheads =
        Overheads { cpu_milli: 100, memory_bytes: GIB, start_up_micros: HOUR / 10, slowdown_permille: 1_500 };
    let costing = costing(overheads);
    let work = workload(2_000, 4 * GIB, HOUR);
    let expected = Resources { cpu_milli: 3_100, memory_bytes: 5 * GIB };
    assert_eq!(costing.demand(&work), expected);
    assert_eq!(costing.price(&work, Tenancy::Shared).micros_per_hour(), (31 * 4_000 + 25_000) * 11 / 10);
    let micro = 1_000_000;
    let parts = costing.parts(&work, Tenancy::Shared);
    assert_eq!(
        (parts.request, parts.slowdown, parts.overheads),
        (100_000 * micro, 40_000 * micro, 9_000 * micro)
    );
    assert_eq!((parts.whole_node, parts.start_up), (0, 14_900 * micro));
}

#[test]
fn the_parts_add_up_to_the_price() {
    for tenancy in [Tenancy::Shared, Tenancy::WholeNode] {
        for n in 1..200 {
            let overheads = Overheads {
                cpu_milli: n % 7,
                memory_bytes: n * 977,
                start_up_micros: n * 31,
                slowdown_permille: 1_000 + n,
            };
            let (costing, work) = (costing(overheads), workload(n * 13, n * 1_237, 1 + n * 17));
            let PriceParts { request, slowdown, overheads, whole_node, start_up } =
                costing.parts(&work, tenancy);
            let sum = request + slowdown + overheads + whole_node + start_up;
            let price = costing.price(&work, tenancy).micros_per_hour();
            assert_eq!(sum.div_ceil(1_000_000), price, "{n}");
        }
    }
}

#[test]
fn the_largest_that_fits_on_a_node_does_not_overflow() {
    let most = Resources { cpu_milli: Resources::MOST_CPU_MILLI, memory_bytes: Resources::MOST_MEMORY_BYTES };
    let start_up_micros = Overheads::MOST_START_UP_MICROS;
    let rates = Rates { core_hour: Rates::MOST, gibibyte_hour: Rates::MOST };
    let costing = |slowdown_permille| {
        let overheads = Overheads { start_up_micros, slowdown_permille, ..Overheads::NONE };
        Costing { rates, overheads, capacity: most }
    };
    let work = Workload::new(most, Workload::MOST_LIFETIME_MICROS, Form::any()).unwrap();
    for tenancy in [Tenancy::Shared, Tenancy::WholeNode] {
        assert!(costing(1_000).price(&work, tenancy).total() < 1 << 122);
    }
    // What is slower fits on no node, and is still not cheap.
    let slow = costing(Overheads::MOST_SLOWDOWN_PERMILLE);
    assert!(!most.hold(&slow.demand(&work)));
    assert!(slow.price(&work, Tenancy::Shared) > costing(1_000).price(&work, Tenancy::Shared));
}

#[test]
fn what_no_workload_asks_for_is_rejected() {
    let new = |cpu_milli, memory_bytes, lifetime, form| {
        Workload::new(Resources { cpu_milli, memory_bytes }, lifetime, form).map_err(|error| error.code())
    };
    assert_eq!(new(0, 1, 1, Form::any()).unwrap_err(), "workload-asks-for-nothing");
    assert_eq!(new(1, 0, 1, Form::any()).unwrap_err(), "workload-asks-for-nothing");
    assert_eq!(new(u64::MAX, 1, 1, Form::any()).unwrap_err(), "workload-too-large");
    assert_eq!(new(1, 1, 0, Form::any()).unwrap_err(), "workload-lifetime");
    assert_eq!(new(1, 1, u64::MAX, Form::any()).unwrap_err(), "workload-lifetime");
    let formless = Form { kinds: std::collections::BTreeSet::new(), architecture: None };
    assert_eq!(new(1, 1, 1, formless).unwrap_err(), "workload-formless");
    assert!(new(1, 1, 1, Form::any()).is_ok());
}
