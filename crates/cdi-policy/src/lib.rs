//! Policy documents, the catalogue and the decision.
