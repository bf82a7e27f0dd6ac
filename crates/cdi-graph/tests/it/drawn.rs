//! The same evidence gives the same bytes; what is folded is said.

use cdi_graph::svg::{self, Style};
use cdi_graph::{Evidence, Graph, Kind, Limits, Link, State, dot, fold};
use cdi_testkit::scenario::{Part, Scenario, artifact};
use cdi_types::{ArtifactDigest, Bundle, parse_statement};

use crate::scene::{Scene, graph};

fn written(graph: &Graph) -> [String; 3] {
    [svg::draw(graph, &Style::default()), dot::write(graph), serde_json::to_string(graph).unwrap()]
}

/// So many sources compiled by one compiler, but for one that a stranger's compiler compiled, and linked.
pub(crate) fn project(count: usize) -> Scenario {
    let name = |folder: &str, n: usize, end: &str| format!("{folder}/part-{n:05}.{end}");
    let sources: Vec<String> = (0..count).map(|n| name("src", n, "c")).collect();
    let objects: Vec<String> = (0..count).map(|n| name("build", n, "o")).collect();
    let all: Vec<&str> = objects.iter().map(String::as_str).collect();
    let listed: Vec<&str> = sources.iter().map(String::as_str).collect();
    let mut world = Scenario::linked(&all, "app", &listed);
    world.parts.push(Part::linker("north", "cc"));
    world.parts.push(Part::linker("north", "odd-cc"));
    for (n, (source, object)) in sources.iter().zip(&objects).enumerate() {
        let tool = if n == count / 2 { "odd-cc" } else { "cc" };
        let mut part = Part::linking(tool, &[source], object);
        if n == count / 2 {
            part.change(|statement| {
                statement["predicate"]["operation"]["exit"] = serde_json::json!({ "code": 1 })
            });
        }
        world.parts.push(part);
    }
    world
}

#[test]
fn order_and_duplicates_of_lines_do_not_matter() {
    let world = Scenario::full();
    let first = written(&graph(&world));
    let mut lines = world.lines();
    lines.reverse();
    lines.extend(world.lines());
    assert_eq!(written(&Scene::reading(&world, lines.join(&b'\n')).graph()), first);
}

#[test]
fn a_small_graph_is_drawn_whole() {
    let graph = graph(&Scenario::full());
    let folded = fold(&graph, Limits::default());
    assert_eq!(folded.nodes.len(), graph.nodes.len());
    assert!(folded.folded.is_nothing());
}

#[test]
fn steps_of_one_shape_are_one_node_and_what_fails_stands_by_itself() {
    let graph = graph(&project(300));
    let folded = fold(&graph, Limits::default());
    assert!(folded.nodes.len() < 40, "{}", folded.nodes.len());
    let runs: Vec<_> = folded.nodes.iter().filter(|node| node.kind == Kind::Run).collect();
    let many = runs.iter().find(|node| node.stands_for > 1).unwrap();
    assert_eq!((many.stands_for, many.seen[0].state), (299, State::Counts));
    let odd = runs.iter().find(|node| node.name.starts_with("odd-cc")).unwrap();
    assert_eq!((odd.stands_for, odd.seen[0].code), (1, Some("invocation-exit-status")));
    let drawn = svg::draw(&folded, &Style::default());
    assert!(drawn.contains("Folded: of"), "the picture says so");
    let total: usize = folded.nodes.iter().map(|node| node.stands_for).sum();
    assert_eq!(total, graph.nodes.len());
}

#[test]
fn what_is_too_far_is_a_rest_and_nothing_is_counted_twice() {
    let graph = graph(&project(100));
    for nodes in [1, 2, 3, 10, 50, 100] {
        let folded = fold(&graph, Limits { nodes, ..Limits::default() });
        let chain = folded.nodes.iter().filter(|node| !node.kind.vouches()).count();
        assert!(chain <= nodes + 2, "{chain} of {nodes}");
        assert_eq!(folded.nodes.iter().map(|node| node.stands_for).sum::<usize>(), graph.nodes.len());
        written(&folded);
    }
    let near = fold(&graph, Limits { nodes: 1_000, depth: Some(1), ..Limits::default() });
    let rest = near.nodes.iter().filter(|node| node.kind == Kind::Rest).map(|node| node.stands_for);
    assert!(rest.sum::<usize>() > 200);
    assert_eq!(near.nodes.iter().filter(|node| node.kind == Kind::Run).count(), 1);
}

#[test]
fn without_anybody_to_look_a_graph_says_that_nothing_is_verified() {
    let world = Scenario::full();
    let bundle = Bundle::parse(world.bundle()).unwrap();
    let statements = bundle.as_untrusted().lines().filter_map(|line| {
        let envelope = cdi_envelope::Envelope::parse(line.bytes).ok()?.into_untrusted();
        parse_statement(envelope.payload()).ok()
    });
    let statements: Vec<_> = statements.collect();
    let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
    let graph = Graph::of(artifact, &Evidence::as_said(&statements), &[], None);
    let [svg, dot, json] = written(&graph);
    assert!(svg.contains("Not verified") && dot.contains("NOT VERIFIED") && json.contains("\"as-said\""));
    assert!(graph.nodes.iter().all(|node| node.seen.is_empty()));
}

/// An app that so many equal steps have made, each from the one before.
fn row(steps: usize) -> Scenario {
    let mut world = Scenario::linked(&["app.wasm"], "app", &["app.wasm"]).without("linker-runs");
    let mut made = "app.wasm".to_owned();
    for step in 0..steps {
        let next = format!("step-{step}.wasm");
        world.parts.push(Part::linking("linker", &[&made], &next).named(&format!("run-{step}")));
        made = next;
    }
    world.deploying(&artifact(&made))
}

#[test]
fn of_a_long_row_of_equal_steps_the_ends_are_drawn() {
    let short = graph(&row(12));
    assert_eq!(fold(&short, Limits::default()).nodes.len(), short.nodes.len());
    let long = graph(&row(90));
    let folded = fold(&long, Limits::default());
    assert!(folded.nodes.len() < short.nodes.len(), "{} of {}", folded.nodes.len(), long.nodes.len());
    let stands_for: usize = folded.nodes.iter().map(|node| node.stands_for).sum();
    assert_eq!(stands_for, long.nodes.len());
    let middle = folded.nodes.iter().find(|node| node.kind == Kind::Rest).unwrap();
    assert!(middle.lines.iter().any(|line| line.ends_with(" steps")), "{:?}", middle.lines);
    let ends = |end: fn(&cdi_graph::Edge) -> cdi_graph::NodeId| {
        let of_the_chain = folded.edges.iter().filter(|edge| edge.link != Link::Ran);
        of_the_chain.filter(|edge| end(edge) == middle.id).count()
    };
    assert_eq!((ends(|edge| edge.from), ends(|edge| edge.to)), (1, 1));
    let svg = svg::draw(&folded, &Style::default());
    let height: f64 = svg.split("height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    assert!(height < 4_000.0, "{height}");
    assert_eq!(fold(&long, Limits::none()).nodes.len(), long.nodes.len());
}

#[test]
fn a_step_that_fails_is_not_lost_in_a_row() {
    let world = row(60).with("run-30", |statement| {
        statement["predicate"]["operation"]["exit"] = serde_json::json!({ "code": 1 });
    });
    let folded = fold(&graph(&world), Limits::default());
    let fails = |node: &&cdi_graph::Node| {
        node.kind == Kind::Run && node.seen.iter().any(|seen| seen.state == State::Fails)
    };
    assert!(folded.nodes.iter().any(|node| fails(&node)));
}
