//! SLSA provenance (`https://slsa.dev/spec`), versions 1 and 0.2.

use crate::forms::resources;
use crate::members::{Members, Unread};
use crate::{Account, Form};

pub(super) fn v1(predicate: &Members<'_>) -> Result<Account, Unread> {
    let definition = predicate.object_due("buildDefinition")?;
    let builder = predicate.object_due("runDetails")?.object_due("builder")?;
    definition.object_due("externalParameters")?;
    Ok(Account {
        builder: Some(builder.word_due("id")?.to_owned()),
        build_type: Some(definition.word_due("buildType")?.to_owned()),
        parameters: definition.any("externalParameters").cloned(),
        inputs: resources(&definition, "resolvedDependencies")?,
        ..Account::new(Form::SlsaV1)
    })
}

pub(super) fn v02(predicate: &Members<'_>) -> Result<Account, Unread> {
    predicate.object("invocation")?;
    Ok(Account {
        builder: Some(predicate.object_due("builder")?.word_due("id")?.to_owned()),
        build_type: Some(predicate.word_due("buildType")?.to_owned()),
        parameters: predicate.any("invocation").cloned(),
        inputs: resources(predicate, "materials")?,
        ..Account::new(Form::SlsaV02)
    })
}
