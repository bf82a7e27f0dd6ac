//! What goes wrong before there is anything to compare.

use cdi_keys::{PrivateKeyError, SealError};
use cdi_types::{BundleError, NameError, PathError, PropertyError, PublicKeyInfoError, StatementError};
use cdi_verify::{AppraiseError, VerifyError};

/// A world that production does not even look at. Each is a disagreement: [`super::expressible`] says what can be said.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum Fault {
    #[error("no key for a name: {0}")]
    Key(#[from] PrivateKeyError),
    #[error("a name: {0}")]
    Name(#[from] NameError),
    #[error("a path: {0}")]
    Path(#[from] PathError),
    #[error("a word: {0}")]
    Word(#[from] PropertyError),
    #[error("a public key: {0}")]
    PublicKey(#[from] PublicKeyInfoError),
    #[error("a statement: {0}")]
    Statement(#[from] StatementError),
    #[error("{statement} was not sealed: {error}")]
    Seal { statement: String, error: SealError },
    #[error("a bundle: {0}")]
    Bundle(#[from] BundleError),
    #[error("verify: {0}")]
    Verify(#[from] VerifyError),
    #[error("appraise: {0}")]
    Appraise(#[from] AppraiseError),
    #[error("a question was not answered: {0}")]
    Unanswered(String),
    #[error("the catalogue that ships does not load: {0}")]
    Catalogue(cdi_policy::PolicyError),
    #[error("`{0}` is no platform property")]
    Platform(String),
    #[error("`{0}` is no ending")]
    Ending(String),
}
