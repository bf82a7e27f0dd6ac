//! How many signature verifications a decision may cost.

/// The budget is spent: the work that is left was not done, so nothing follows from its absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {limit} signature verifications are needed")]
pub struct BudgetExhausted {
    /// The limit.
    pub limit: usize,
}

impl BudgetExhausted {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "limit-signature-verifications"
    }
}

/// A number of signature verifications that can still be done. It only shrinks, and each verification takes one
/// whether it succeeds or not.
#[derive(Debug)]
#[must_use]
pub struct Budget {
    limit: usize,
    spent: usize,
}

impl Budget {
    /// A budget of `limit` verifications, as a rule `cdi_types::limits::SIGNATURE_VERIFICATIONS` of them.
    pub const fn new(limit: usize) -> Self {
        Self { limit, spent: 0 }
    }

    /// How many verifications were done.
    #[must_use]
    pub const fn spent(&self) -> usize {
        self.spent
    }

    /// How many can still be done.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.limit.saturating_sub(self.spent)
    }

    /// Takes one.
    ///
    /// # Errors
    /// [`BudgetExhausted`] if none is left.
    pub const fn take(&mut self) -> Result<(), BudgetExhausted> {
        if self.spent >= self.limit {
            return Err(BudgetExhausted { limit: self.limit });
        }
        self.spent += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_taken_to_its_limit_and_no_further() {
        let mut budget = Budget::new(2);
        assert_eq!((budget.spent(), budget.left()), (0, 2));
        assert_eq!([budget.take(), budget.take()], [Ok(()), Ok(())]);
        assert_eq!((budget.spent(), budget.left()), (2, 0));
        let exhausted = budget.take().unwrap_err();
        assert_eq!((exhausted.limit, exhausted.code()), (2, "limit-signature-verifications"));
        assert_eq!((budget.spent(), budget.left()), (2, 0));
    }
}
