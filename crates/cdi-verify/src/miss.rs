//! What an answer missed a proof by: each obstacle, with the way from the deployed artifact to where it stands.

use std::collections::BTreeMap;

use cdi_types::{ArtifactDigest, StatementId};

use crate::obstacle::Obstacle;

/// An artifact on the way from the deployed one to where an obstacle stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waypoint {
    /// The artifact.
    pub artifact: ArtifactDigest,
    /// The report of the run that read it, and the path under which it did; `None` for the deployed artifact.
    pub read_by: Option<(StatementId, String)>,
}

/// An obstacle, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The obstacle.
    pub obstacle: Obstacle,
    /// From the deployed artifact to the one at which the obstacle stands, by one way that leads there.
    pub trail: Vec<Waypoint>,
}

/// How each artifact that a cause was looked for at was come by: what was made of it, by which run, under which path it
/// was read. The deployed artifact is not among them.
pub(crate) type Arrivals = BTreeMap<ArtifactDigest, (ArtifactDigest, StatementId, String)>;

/// Obstacles to one requirement, the closest to a proof first, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obstacles(Vec<Miss>);

/// More reasons than these help nobody.
const SHOWN: usize = 16;

impl Obstacles {
    /// Of what was found, each with the artifact at which it stands.
    pub(crate) fn new(mut found: Vec<(Obstacle, ArtifactDigest)>, arrivals: &Arrivals) -> Self {
        found.sort_by_cached_key(|(obstacle, _)| (obstacle.order(), obstacle.to_string()));
        // Two certifications that fail for one reason are one reason.
        found.dedup_by_key(|(obstacle, _)| obstacle.to_string());
        found.truncate(SHOWN);
        let miss = |(obstacle, artifact)| Miss { obstacle, trail: trail(artifact, arrivals) };
        Self(found.into_iter().map(miss).collect())
    }

    /// Whether somebody's missing lists are among them.
    pub(crate) fn name_missing_lists(&self) -> bool {
        self.iter().any(|obstacle| matches!(obstacle, Obstacle::StaleLists { .. }))
    }

    /// Before these, what else stands at the deployed artifact.
    pub(crate) fn with(self, deployed: ArtifactDigest, more: Vec<Obstacle>) -> Self {
        let trail = vec![Waypoint { artifact: deployed, read_by: None }];
        let more = more.into_iter().map(|obstacle| Miss { obstacle, trail: trail.clone() });
        Self(more.chain(self.0).take(SHOWN).collect())
    }

    /// The same for an answer that could not be told: first whose lists are missing, because that alone is why.
    pub(crate) fn of_the_untold(mut self) -> Self {
        self.0.sort_by_key(|miss| !matches!(miss.obstacle, Obstacle::StaleLists { .. }));
        self
    }

    /// The obstacles, the closest to a proof first.
    pub fn iter(&self) -> impl Iterator<Item = &Obstacle> {
        self.0.iter().map(|miss| &miss.obstacle)
    }

    /// The same, each with where it stands.
    #[must_use]
    pub fn misses(&self) -> &[Miss] {
        &self.0
    }
}

fn trail(artifact: ArtifactDigest, arrivals: &Arrivals) -> Vec<Waypoint> {
    let mut trail = Vec::new();
    let mut here = artifact;
    // An artifact is come by from one that was come by before it, so this ends; the bound is for the reader.
    while let (Some((made, report, path)), true) = (arrivals.get(&here), trail.len() <= arrivals.len()) {
        trail.push(Waypoint { artifact: here, read_by: Some((*report, path.clone())) });
        here = *made;
    }
    trail.push(Waypoint { artifact: here, read_by: None });
    trail.reverse();
    trail
}
