//! Evidence by people who want the picture to say something else, or not to come about.

use cdi_graph::svg::{self, Style};
use cdi_graph::{Kind, Limits, State, dot, fold};
use cdi_testkit::scenario::{Part, Scenario, artifact};
use serde_json::json;

use crate::scene::graph;

const HOSTILE: &str =
    "</svg><script>alert(1)</script><image href='//x'/>&lt;\"]; x -> y; \u{202e}\n\u{1b}[2J";

/// The small world, in which a tool says of itself that it is called this.
fn called(name: &str) -> Scenario {
    Scenario::small().without("north-certifies-compiler").and(Part::inspector("north")).with(
        "compiler-runs",
        |statement| {
            statement["predicate"]["operation"]["program"] = json!(name);
        },
    )
}

#[test]
fn markup_in_a_name_is_text() {
    let world = called(HOSTILE).and(Part::compiler("north"));
    let mut graph = graph(&world);
    for node in &mut graph.nodes {
        node.name = HOSTILE.to_owned();
        node.lines = vec![HOSTILE.to_owned()];
    }
    let drawn = svg::draw(&graph, &Style::default());
    assert!(!drawn.contains("<script") && !drawn.contains("<image"), "{drawn}");
    assert_eq!(drawn.matches("</svg>").count(), drawn.matches("<svg").count());
    let dot = dot::write(&graph);
    assert!(dot.lines().all(|line| !line.trim_start().starts_with("x ->")), "{dot}");
    assert!(!dot.contains('\u{1b}') && !drawn.contains('\u{1b}'));
}

#[test]
fn a_program_cannot_choose_a_name_that_steers_a_display() {
    let world = Scenario::small().with("compiler-runs", |statement| {
        statement["predicate"]["operation"]["program"] = json!(HOSTILE);
    });
    for node in graph(&world).nodes {
        assert!(!node.name.chars().any(|c| c.is_control() || c == '\u{202e}'), "{}", node.name);
    }
}

#[test]
fn strangers_do_not_fill_the_picture() {
    let mut world = Scenario::full();
    let before = graph(&world).nodes.len();
    for n in 0..200 {
        let tool = format!("stranger-{n}");
        world.parts.push(Part::linker("nobody", &tool));
        world.parts.push(Part::linking(&tool, &["else-1", "else-2", "else-3"], "app.cwasm"));
        world.parts.push(Part::compiler("north").named(&format!("copy-{n}")));
    }
    world.parts.push(Part::endorsement("north", "nobody", 0));
    let graph = graph(&world);
    assert!(graph.nodes.len() <= before + 1, "{} before, {} now", before, graph.nodes.len());
}

#[test]
fn reports_about_something_else_are_not_drawn() {
    let world = Scenario::full();
    let other = world.clone().and(Part::linking("compiler", &["x"], "y"));
    assert_eq!(graph(&world).nodes.len(), graph(&other).nodes.len());
}

#[test]
fn a_cycle_is_drawn_and_ends() {
    let world = Scenario::linked(&["app", "b"], "app", &["b"]).and(Part::linking("linker", &["app"], "b"));
    let graph = graph(&world);
    assert_eq!(graph.nodes.iter().filter(|node| node.kind == Kind::Run).count(), 2);
    for nodes in [1, 2, 3, 200] {
        let folded = fold(&graph, Limits { nodes, ..Limits::default() });
        assert!(svg::draw(&folded, &Style::default()).ends_with("</svg>\n"));
    }
}

#[test]
fn a_chain_of_4096_steps_needs_no_stack() {
    let name = |n: usize| format!("a{n}");
    let mut world = Scenario::linked(&["a0"], "a1", &["a0"]);
    world.parts.extend((1..4_095).map(|n| Part::linking("linker", &[&name(n)], &name(n + 1))));
    let world = world.deploying(&artifact(&name(4_095)));
    let work = move || {
        let graph = graph(&world);
        let whole = svg::draw(&graph, &Style::default());
        let folded = svg::draw(&fold(&graph, Limits::default()), &Style::default());
        (graph.nodes.len(), whole.len(), folded.len())
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work).unwrap();
    let (nodes, whole, folded) = thread.join().unwrap();
    assert!(nodes > 8_000 && whole > folded, "{nodes} {whole} {folded}");
}

/// The full world, in which so many strangers without lists endorse each other in a ring, and an authority of each anchor.
fn ringed(strangers: usize) -> Scenario {
    let mut world = Scenario::full();
    let authorities: Vec<_> = graph(&world)
        .nodes
        .into_iter()
        .filter(|node| node.kind == Kind::Authority)
        .map(|node| node.name)
        .collect();
    assert!(authorities.len() > 2, "{authorities:?}");
    for n in 0..strangers {
        let (name, next) = (format!("nobody-{n}"), format!("nobody-{}", (n + 1) % strangers));
        for child in authorities.iter().chain([&next]) {
            let endorsement = Part::endorsement(&name, child, 0);
            let part = endorsement.name.clone();
            world.parts.push(endorsement);
            world = world.with(&part, |statement| statement["predicate"]["name"] = json!("REVOKED"));
        }
    }
    world
}

#[test]
fn strangers_rename_nobody_and_crowd_nobody_out() {
    let (before, after) = (graph(&Scenario::full()), graph(&ringed(40)));
    for node in before.nodes.iter().filter(|node| node.kind.vouches()) {
        let now = after.nodes.iter().find(|other| other.about == node.about).unwrap();
        assert_eq!((&now.name, &now.seen), (&node.name, &node.seen));
    }
    assert!(!after.nodes.iter().any(|node| node.name == "REVOKED"));
    let authorities = before.nodes.iter().filter(|node| node.kind == Kind::Authority).count();
    assert!(after.nodes.len() <= before.nodes.len() + 3 * authorities, "{}", after.nodes.len());
}

#[test]
fn a_stranger_without_lists_is_a_stranger() {
    let (before, after) = (graph(&Scenario::full()), graph(&ringed(2)));
    let is_known = |about| before.nodes.iter().any(|node| node.about == about);
    let strangers: Vec<_> = after.nodes.iter().filter(|node| !is_known(node.about)).collect();
    assert!(!strangers.is_empty());
    for stranger in strangers {
        for seen in &stranger.seen {
            assert_eq!((seen.state, seen.code), (State::Fails, Some("authority-untrusted")), "{stranger:?}");
        }
    }
}
