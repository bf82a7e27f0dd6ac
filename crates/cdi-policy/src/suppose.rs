//! How a policy would come out under a supposition (rule M-SUPPOSE). Nothing is admitted by it.

use cdi_verify::{AppraiseError, Supposed};

use crate::decide;
use crate::decision::PrincipalFindings;
use crate::grants::Request;
use crate::policy::Policy;

/// How a principal's policy would come out for a request; `None` for a policy that asks nothing of the code.
#[must_use]
pub fn foresee(
    policy: &Policy,
    supposed: Option<Result<&Supposed, &AppraiseError>>,
    request: &Request,
) -> PrincipalFindings {
    decide::findings(policy, supposed.map(|supposed| supposed.map(Supposed::answers)), request)
}
