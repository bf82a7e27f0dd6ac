//! How a policy would come out under a supposition (rule M-SUPPOSE). Nothing is admitted by it.

use cdi_types::Timestamp;
use cdi_verify::{AppraiseError, Supposed};

use crate::decide;
use crate::decision::PrincipalFindings;
use crate::edition::InForce;
use crate::grants::Request;
use crate::waiver::Waivers;

/// How a principal's policy would come out for a request; `None` for a policy that asks nothing of the code.
#[must_use]
pub fn foresee(
    policy: &InForce,
    supposed: Option<Result<&Supposed, &AppraiseError>>,
    waivers: &Waivers,
    request: &Request,
    now: Timestamp,
) -> PrincipalFindings {
    let answered = supposed.map(|supposed| supposed.map(Supposed::answers));
    decide::findings(policy, answered, waivers, request, now)
}
