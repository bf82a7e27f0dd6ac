//! A picture before it is drawn: nodes, edges, and what each principal makes of them.
//!
//! The JSON of it is published in `docs/schema/graph.v1.json`. Everything in it has one order, whatever the order of the
//! statements was.

use cdi_types::{ArtifactDigest, KeyId, PolicyDigest, StatementId, Timestamp};
use serde::{Serialize, Serializer};

/// A node by its place in the graph: `n0` is the artifact that the graph is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) usize);

impl std::fmt::Display for NodeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "n{}", self.0)
    }
}

impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What has become of the signatures behind a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// They were verified: the statements are by the keys that they name.
    Verified,
    /// Nobody has looked at them: the graph shows what the statements say of themselves.
    AsSaid,
}

/// The chain of one artifact.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Graph {
    /// The artifact.
    pub artifact: ArtifactDigest,
    /// Whether signatures were verified.
    pub evidence: Standing,
    /// The time for which the principals look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Those with whose eyes it is looked at; nobody trusts anything in a graph without any.
    pub principals: Vec<Viewer>,
    /// The nodes. The first is the artifact; the chain comes before those who vouch for its tools.
    pub nodes: Vec<Node>,
    /// The edges, each in the direction of time: from what was there first.
    pub edges: Vec<Edge>,
    /// What is not drawn one by one.
    #[serde(skip_serializing_if = "Folded::is_nothing")]
    pub folded: Folded,
}

impl Graph {
    /// The node of this id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }
}

/// A principal, and what it answers about the artifact.
#[derive(Debug, Clone, Serialize)]
pub struct Viewer {
    /// Its name.
    pub name: String,
    /// The policy by whose trust it looks.
    pub policy: PolicyDigest,
    /// What it was asked, and what it answers.
    pub answers: Vec<Answered>,
}

/// A question and its answer.
#[derive(Debug, Clone, Serialize)]
pub struct Answered {
    /// A property, or `complete history`.
    pub question: String,
    /// The answer for the artifact.
    pub answer: Answer,
}

/// How it stands with a question about an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is so.
    Has,
    /// Evidence that is needed is not there.
    NotTold,
    /// It is not shown.
    HasNot,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An artifact.
    Artifact,
    /// A run that made outputs from inputs.
    Run,
    /// An inspection of artifacts.
    Inspection,
    /// A signer's statement that artifacts are theirs.
    Origin,
    /// Reports by keys that nobody certified whom a principal could trust. They are not followed any further.
    Strangers,
    /// A tool, by its report key.
    Tool,
    /// A certification of a tool.
    Certification,
    /// An authority, by its key.
    Authority,
    /// What is farther away than the picture reaches.
    Rest,
}

impl Kind {
    /// The word for it, as in the JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Artifact => "artifact",
            Self::Run => "run",
            Self::Inspection => "inspection",
            Self::Origin => "origin",
            Self::Strangers => "strangers",
            Self::Tool => "tool",
            Self::Certification => "certification",
            Self::Authority => "authority",
            Self::Rest => "rest",
        }
    }

    /// Whether it belongs to those who vouch, and not to the chain.
    #[must_use]
    pub const fn vouches(self) -> bool {
        match self {
            Self::Tool | Self::Certification | Self::Authority => true,
            Self::Artifact | Self::Run | Self::Inspection | Self::Origin | Self::Strangers | Self::Rest => {
                false
            }
        }
    }
}

/// What stands behind a node: of several that are drawn as one, the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum About {
    /// An artifact.
    Artifact(ArtifactDigest),
    /// A statement.
    Statement(StatementId),
    /// A key.
    Key(KeyId),
}

impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Artifact(digest) => write!(f, "{digest}"),
            Self::Statement(id) => write!(f, "{id}"),
            Self::Key(key) => write!(f, "{key}"),
        }
    }
}

impl About {
    /// The first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        match self {
            Self::Artifact(digest) => digest.short(),
            Self::Statement(id) => id.short(),
            Self::Key(key) => key.short(),
        }
    }
}

/// A node.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Its place.
    pub id: NodeId,
    /// What it is.
    pub kind: Kind,
    /// What it is called; others chose the name, made harmless by [`crate::text::plain`].
    pub name: String,
    /// What stands behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// What else is said of it, in lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// How many it stands for: more than one if it is folded.
    pub stands_for: usize,
    /// What each principal makes of it, in the order of [`Graph::principals`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
}

/// What a principal makes of a node.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Seen {
    /// Whether it counts.
    pub state: State,
    /// The code of what keeps it from counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What becomes of each property here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

impl Seen {
    /// Nothing that was asked has to do with it.
    #[must_use]
    pub const fn unused() -> Self {
        Self { state: State::Unused, code: None, message: None, marks: Vec::new() }
    }
}

/// Whether a node counts for a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is part of what shows something that was asked.
    Counts,
    /// It would be, if evidence were there that is missing.
    NotTold,
    /// It could have been, and is not.
    Fails,
    /// Nothing that was asked has to do with it.
    Unused,
}

impl State {
    /// The word for it, as in the JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::NotTold => "not-told",
            Self::Fails => "fails",
            Self::Unused => "unused",
        }
    }
}

/// What becomes of a property at a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Mark {
    /// The property, or `complete history`.
    pub question: String,
    /// What becomes of it.
    pub flow: Flow,
    /// Why it is lost or not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
}

/// What becomes of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// The step establishes it.
    Established,
    /// An inspection attests it.
    Attested,
    /// The step preserves it: its code inputs had it.
    Carried,
    /// The policy takes it as given here: an origin that it accepts, an assumption, somebody's summary.
    Given,
    /// The artifact has it.
    Has,
    /// It cannot be told, because evidence is missing.
    NotTold,
    /// An input had it, and the output has it no more.
    Lost,
    /// The artifact does not have it.
    HasNot,
}

impl Flow {
    /// The sign for it in pictures.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Established => '+',
            Self::Attested => '*',
            Self::Carried => '→',
            Self::Given => '=',
            Self::Has => '✓',
            Self::NotTold => '?',
            Self::Lost => '×',
            Self::HasNot => '−',
        }
    }

    /// The word for it, as in the JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::Attested => "attested",
            Self::Carried => "carried",
            Self::Given => "given",
            Self::Has => "has",
            Self::NotTold => "not-told",
            Self::Lost => "lost",
            Self::HasNot => "has-not",
        }
    }
}

/// An edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    /// From here.
    pub from: NodeId,
    /// To here.
    pub to: NodeId,
    /// What it says.
    pub link: Link,
}

/// What an edge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The run read the artifact.
    Read,
    /// The run made the artifact.
    Made,
    /// The inspection is of the artifact.
    Inspected,
    /// The origin statement lists the artifact.
    Listed,
    /// The tool signed the report of the step.
    Ran,
    /// The certification is of the tool.
    Certifies,
    /// The authority signed the certification.
    Signed,
    /// The authority endorsed the other one.
    Endorsed,
    /// What lies behind is folded.
    Behind,
}

impl Link {
    /// The word for it, as in the JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Made => "made",
            Self::Inspected => "inspected",
            Self::Listed => "listed",
            Self::Ran => "ran",
            Self::Certifies => "certifies",
            Self::Signed => "signed",
            Self::Endorsed => "endorsed",
            Self::Behind => "behind",
        }
    }
}

/// What a graph does not show one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Folded {
    /// How many nodes there are in the whole graph; 0 if nothing is folded.
    pub of: usize,
    /// How many are drawn as one with others of equal shape.
    pub alike: usize,
    /// How many lie farther away than the picture reaches.
    pub far: usize,
}

impl Folded {
    /// Whether everything is drawn.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.alike == 0 && self.far == 0
    }
}
