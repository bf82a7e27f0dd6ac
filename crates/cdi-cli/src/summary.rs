//! What a statement says of itself, on one line. Nothing here is verified.

use cdi_types::AnyStatement;

/// The kind of a statement in a word, and what it says.
pub(crate) fn summary(statement: &AnyStatement) -> (&'static str, String) {
    match statement {
        AnyStatement::Endorsement(statement) => {
            let said = statement.predicate();
            let scope: Vec<String> = said.scope.properties.iter().map(ToString::to_string).collect();
            let (name, scope, until) = (&said.name, scope.join(", "), said.not_after);
            ("endorsement", format!("of `{name}` by key {} for {scope}, until {until}", said.issuer.short()))
        }
        AnyStatement::Certification(statement) => {
            let said = statement.predicate();
            let claims =
                said.claims.iter().map(|claim| format!("{} {}", claim.effect.as_str(), claim.property));
            let claims: Vec<String> = claims.collect::<std::collections::BTreeSet<_>>().into_iter().collect();
            let tool = format!("`{} {}` of `{}`", said.tool.name, said.tool.version, said.tool.supplier);
            let (issuer, until) = (said.issuer.short(), said.not_after);
            ("certification", format!("of {tool} by key {issuer}, until {until}: {}", claims.join(", ")))
        }
        AnyStatement::Report(statement) => {
            let said = statement.predicate();
            let names =
                |paths: Vec<String>| if paths.is_empty() { "nothing".to_owned() } else { paths.join(", ") };
            let inputs = names(said.inputs.iter().map(|input| input.path.to_string()).collect());
            let subject = statement.subject().iter().filter_map(|subject| subject.path.as_ref());
            let outputs = names(subject.map(ToString::to_string).collect());
            let command = std::iter::once(&said.operation.program).chain(&said.operation.arguments);
            let command: Vec<&str> = command.map(String::as_str).collect();
            let what = match said.kind {
                cdi_types::ReportKind::Transform => format!("{inputs} -> {outputs}"),
                cdi_types::ReportKind::Inspection => {
                    let found: Vec<String> = said.findings.iter().map(|f| f.property.to_string()).collect();
                    format!("{outputs} was inspected: {}", names(found))
                }
            };
            ("report", format!("{what}, captured `{}`, by `{}`", said.capture.as_str(), command.join(" ")))
        }
        AnyStatement::Origin(statement) => {
            let paths: Vec<String> =
                statement.subject().iter().filter_map(|s| s.path.as_ref()).map(ToString::to_string).collect();
            let said = statement.predicate();
            let commit = said.commit.as_ref().map_or_else(String::new, |commit| format!("{commit}: "));
            let (kind, paths, issuer) = (said.kind.as_str(), paths.join(", "), said.issuer.short());
            ("origin", format!("{kind} of {commit}{paths} by key {issuer}"))
        }
        AnyStatement::Revocations(statement) => {
            let said = statement.predicate();
            let (issuer, count) = (said.issuer.short(), said.revoked.len());
            (
                "revocations",
                format!("list {} of key {issuer}, until {}: {count} revoked", said.serial, said.not_after),
            )
        }
        AnyStatement::Policy(statement) => {
            let said = statement.predicate();
            let audience: Vec<String> = said.audience.iter().map(|name| format!("`{name}`")).collect();
            let (principal, version, until) = (&said.principal, said.version, said.not_after);
            let (mode, issuer, audience) = (said.mode.as_str(), said.issuer.short(), audience.join(", "));
            (
                "policy",
                format!(
                    "version {version} of `{principal}` for {audience}, {mode}, by key {issuer}, until {until}"
                ),
            )
        }
        AnyStatement::Waiver(statement) => {
            let said = statement.predicate();
            let (principal, until) = (&said.principal, said.not_after);
            let (requirements, issuer) = (said.requirements.join(", "), said.issuer.short());
            ("waiver", format!("of `{principal}` for {requirements}, by key {issuer}, until {until}"))
        }
        AnyStatement::Node(statement) => {
            let said = statement.predicate();
            let environments: Vec<&str> = said.environments.iter().map(|one| one.name.as_str()).collect();
            let (name, issuer, until) = (&said.name, said.issuer.short(), said.not_after);
            (
                "node",
                format!(
                    "`{name}`, report {}, by key {issuer}, until {until}: {}",
                    said.serial,
                    environments.join(", ")
                ),
            )
        }
        AnyStatement::CertificationRequest(statement) => {
            let said = statement.predicate();
            ("request", format!("certification of `{} {}`", said.tool.name, said.tool.version))
        }
        AnyStatement::EndorsementRequest(statement) => {
            ("request", format!("endorsement of `{}`", statement.predicate().name))
        }
        AnyStatement::Summary(said) => {
            let (verifier, result, resource) = (&said.verifier, &said.result, &said.resource);
            let levels: Vec<&str> = said.levels.iter().map(String::as_str).collect();
            let levels = if levels.is_empty() { "no level".to_owned() } else { levels.join(", ") };
            let when =
                said.time_verified.map_or_else(|| "at no told time".to_owned(), |time| format!("at {time}"));
            ("summary", format!("by `{verifier}`, {when}, of {resource}: {result}, {levels}"))
        }
        AnyStatement::Foreign(said) => {
            let about: Vec<String> = said.subjects.iter().map(cdi_types::ArtifactDigest::short).collect();
            let about = if about.is_empty() { String::new() } else { format!(" about {}", about.join(", ")) };
            ("foreign", format!("a predicate of type `{}`{about}", said.shown_type()))
        }
    }
}
