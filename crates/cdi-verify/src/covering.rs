//! An invocation that covers a run: the roles that it gives, and in which ways the claims about it can speak.
//!
//! A way hangs on the run and on the roles, not on the claim: it is worked out once, for whoever asks first.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use cdi_types::{Invocation, Report, Role};

use crate::coverage::Roles;
use crate::way::{FromCode, Way, way};

/// An invocation that covers a run.
pub(crate) struct Covering<'a> {
    /// Whether it makes things out of nothing.
    generates: bool,
    roles: Roles<'a>,
    run: &'a Report,
    free: OnceCell<Rc<Way>>,
    keeping: OnceCell<Option<Rc<Way>>>,
    /// Where the policy exempts no role.
    whole: OnceCell<Option<Rc<Way>>>,
    from_code: OnceCell<bool>,
}

impl<'a> Covering<'a> {
    pub(crate) const fn new(invocation: &'a Invocation, roles: Roles<'a>, run: &'a Report) -> Self {
        Self {
            generates: invocation.generates,
            roles,
            run,
            free: OnceCell::new(),
            keeping: OnceCell::new(),
            whole: OnceCell::new(),
            from_code: OnceCell::new(),
        }
    }

    /// The roles of the run's files.
    pub(crate) const fn roles(&self) -> &Roles<'a> {
        &self.roles
    }

    /// The places of the inputs that are code, whatever else a manifest would let them be taken for.
    pub(crate) fn code_inputs(&self) -> impl Iterator<Item = usize> + '_ {
        let inputs = self.run.inputs.iter().enumerate();
        inputs.filter(|(_, input)| self.roles.input_is_code(&input.path)).map(|(place, _)| place)
    }

    /// Whether what the run makes comes from some code, or may come from none.
    pub(crate) fn comes_from_something(&self) -> bool {
        self.generates || *self.from_code.get_or_init(|| self.code_inputs().next().is_some())
    }

    /// How to say something that hangs on no input.
    pub(crate) fn free(&self) -> &Rc<Way> {
        self.free.get_or_init(|| Rc::new(Way::free(&self.roles)))
    }

    /// How to keep a property of the code that was read, if there is any.
    pub(crate) fn keeping(&self) -> Option<&Rc<Way>> {
        let excuse = |place| self.roles.excuse(place).map(|excuse| &excuse.any);
        let keeping = || way(&self.roles, self.code_inputs(), |_| true, excuse, FromCode::Needed);
        self.keeping.get_or_init(|| keeping().map(Rc::new)).as_ref()
    }

    /// How to be a whole step: all inputs must be complete themselves, but for those whose role the policy exempts, whether an
    /// argument or a manifest gives it.
    pub(crate) fn whole(&self, exempt: &BTreeSet<Role>) -> Option<Rc<Way>> {
        // Which manifests excuse for an exempt role is known of none that another policy asks by.
        if exempt.is_empty() {
            return self.whole.get_or_init(|| self.whole_but_for(exempt)).clone();
        }
        self.whole_but_for(exempt)
    }

    fn whole_but_for(&self, exempt: &BTreeSet<Role>) -> Option<Rc<Way>> {
        let (roles, read) = (&self.roles, &self.run.inputs);
        let inputs = read.iter().enumerate().filter(|(_, input)| {
            exempt.is_empty() || !roles.named_input(&input.path).is_some_and(|role| exempt.contains(role))
        });
        let is_code = |place: usize| read.get(place).is_some_and(|input| roles.input_is_code(&input.path));
        let excuse = |place| roles.excuse(place)?.exempt.as_ref();
        let from = if self.generates { FromCode::NotNeeded } else { FromCode::Needed };
        way(roles, inputs.map(|(place, _)| place), is_code, excuse, from).map(Rc::new)
    }
}
