//! Policies as text.

use cdi_policy::Catalogue;

use super::public_key;

/// The digest of the catalogue that ships in the program.
pub(crate) fn catalogue_digest() -> String {
    Catalogue::builtin().expect("the catalogue that ships").digest().to_string()
}

/// What a policy demands, besides trust.
#[derive(Debug, Clone, Default)]
pub struct Demand {
    /// The formula, in YAML on one line; empty for none.
    pub require: String,
    /// The key of the developer at whose origins the history must begin; empty for none.
    pub origins: String,
    /// Whose word about the place counts besides the principal's; empty for nobody.
    pub accept_asserted: String,
}

/// A `default-deny` policy in the making.
#[derive(Debug, Clone)]
pub struct PolicyText<'a> {
    /// The principal.
    pub principal: &'a str,
    /// The anchors, each with the depth that it may endorse.
    pub anchors: &'a [(&'a str, u8)],
    /// The quorum, in YAML on one line.
    pub quorum: &'a str,
    /// The rest.
    pub demand: Demand,
}

impl PolicyText<'_> {
    /// The principal's name and the document.
    #[must_use]
    pub fn document(&self) -> (String, String) {
        let Self { principal, quorum, demand, .. } = self;
        let anchors = self.anchors.iter().map(|(name, depth)| {
            let key = public_key(name);
            format!("      - {{name: {name}, keys: [\"{key}\"], scope: [\"*\"], depth: {depth}}}\n")
        });
        let anchors: String = anchors.collect();
        let line = |name: &str, text: &str| match text {
            "" => String::new(),
            text => format!("  {name}: {text}\n"),
        };
        let origins = match demand.origins.as_str() {
            "" => String::new(),
            name => {
                let key = public_key(name);
                format!("{{complete: {{origins: [{{key: \"{key}\", kinds: [binary, source]}}]}}}}")
            }
        };
        let text = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata:\n  name: {principal}\nspec:\n  \
             principal: {principal}\n  rule: default-deny\n  catalogue: \"{catalogue}\"\n  trust:\n    anchors:\n\
             {anchors}    quorum: {quorum}\n    custody: software\n    revocation: {{maxAge: 24h}}\n\
             {require}{history}{accept}",
            catalogue = catalogue_digest(),
            require = line("require", &demand.require),
            history = line("history", &origins),
            accept = line("acceptAsserted", &demand.accept_asserted),
        );
        ((*principal).to_owned(), text)
    }
}
