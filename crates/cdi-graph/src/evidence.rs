//! The statements that a graph is drawn from, verified or as they say of themselves.

use std::collections::BTreeMap;

use cdi_types::{
    AnyStatement, Endorsement, Origin, Predicate, Report, Statement, StatementId, ToolCertification,
};
use cdi_verify::{Provenance, Signed, Verified};

use crate::graph::Standing;

/// Statements of one kind, in the order of their ids.
pub(crate) type All<'a, P> = BTreeMap<StatementId, &'a Statement<P>>;

/// The statements that a graph is drawn from.
pub struct Evidence<'a> {
    pub(crate) standing: Standing,
    pub(crate) reports: All<'a, Report>,
    pub(crate) origins: All<'a, Origin>,
    pub(crate) certifications: All<'a, ToolCertification>,
    pub(crate) endorsements: All<'a, Endorsement>,
}

impl<'a> Evidence<'a> {
    /// Statements whose signatures were verified.
    #[must_use]
    pub fn verified(provenance: &'a Verified<Provenance>) -> Self {
        fn all<P: Predicate>(signed: &[Signed<P>]) -> All<'_, P> {
            signed.iter().map(|signed| (signed.id(), signed.statement())).collect()
        }
        let provenance = provenance.get();
        Self {
            standing: Standing::Verified,
            reports: all(provenance.reports()),
            origins: all(provenance.origins()),
            certifications: all(provenance.certifications()),
            endorsements: all(provenance.endorsements()),
        }
    }

    /// Statements as they say of themselves: nobody has looked at a signature, and the graph says so.
    #[must_use]
    pub fn as_said(statements: &'a [(StatementId, AnyStatement)]) -> Self {
        let mut evidence = Self {
            standing: Standing::AsSaid,
            reports: All::new(),
            origins: All::new(),
            certifications: All::new(),
            endorsements: All::new(),
        };
        for (id, statement) in statements {
            match statement {
                AnyStatement::Report(report) => drop(evidence.reports.insert(*id, report)),
                AnyStatement::Origin(origin) => drop(evidence.origins.insert(*id, origin)),
                AnyStatement::Certification(one) => drop(evidence.certifications.insert(*id, one)),
                AnyStatement::Endorsement(one) => drop(evidence.endorsements.insert(*id, one)),
                AnyStatement::Revocations(_)
                | AnyStatement::Policy(_)
                | AnyStatement::Waiver(_)
                | AnyStatement::Node(_)
                | AnyStatement::Summary(_)
                | AnyStatement::CertificationRequest(_)
                | AnyStatement::EndorsementRequest(_)
                | AnyStatement::Foreign { .. } => {}
            }
        }
        evidence
    }
}
