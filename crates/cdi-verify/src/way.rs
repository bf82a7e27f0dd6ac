//! How a claim speaks for an artifact: of which inputs the same must hold first, and which origin statements excuse
//! the others (rules M-VOTE, M-COMPLETE, M-MANIFEST).

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::coverage::{Listed, Roles};
use crate::need::Needs;

/// What a claim rests on besides the certification.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// The places of the inputs of which the same must hold.
    pub(crate) inputs: Vec<usize>,
    /// Of one of these too, if there are any.
    pub(crate) one_of: Vec<usize>,
    /// The origin statements by which inputs are named, or excused.
    pub(crate) manifests: BTreeSet<Rc<Listed>>,
    /// What it waits for where whatever shows it of an input will do, once somebody asks.
    needs: OnceCell<Rc<Needs>>,
}

impl Way {
    /// One that asks nothing of inputs.
    pub(crate) fn free(roles: &Roles<'_>) -> Self {
        Self::new(Vec::new(), Vec::new(), roles.named_by().clone())
    }

    const fn new(inputs: Vec<usize>, one_of: Vec<usize>, manifests: BTreeSet<Rc<Listed>>) -> Self {
        Self { inputs, one_of, manifests, needs: OnceCell::new() }
    }

    /// What it waits for where whatever shows it of an input will do.
    pub(crate) fn needs(&self, needs: impl FnOnce() -> Needs) -> &Rc<Needs> {
        self.needs.get_or_init(|| Rc::new(needs()))
    }
}

/// Whether something must hold of some code, or an output may come from none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FromCode {
    Needed,
    NotNeeded,
}

/// How it can hold of all `inputs` but those that `excuse` excuses, if it can. Where all code is excused and some is needed,
/// one of it has to do without its excuse: what came from nothing has nothing to keep. More excuses never close a way.
pub(crate) fn way<'r>(
    roles: &Roles<'_>,
    inputs: impl IntoIterator<Item = usize>,
    is_code: impl Fn(usize) -> bool,
    excuse: impl Fn(usize) -> Option<&'r Rc<Listed>>,
    from: FromCode,
) -> Option<Way> {
    let (mut bound, mut excused) = (Vec::new(), Vec::new());
    let mut manifests = roles.named_by().clone();
    for place in inputs {
        match excuse(place) {
            Some(listed) => {
                manifests.insert(Rc::clone(listed));
                excused.push(place);
            }
            None => bound.push(place),
        }
    }
    if from == FromCode::NotNeeded || bound.iter().any(|place| is_code(*place)) {
        return Some(Way::new(bound, Vec::new(), manifests));
    }
    excused.retain(|place| is_code(*place));
    (!excused.is_empty()).then(|| Way::new(bound, excused, manifests))
}
