//! The guest's view of the host, built from a request.

use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use super::{Access, EngineError, Grant, WasiRequest};

/// A context that shows the guest exactly what `request` lists, and the three inherited streams.
pub(super) fn context(request: &WasiRequest) -> Result<WasiP1Ctx, EngineError> {
    let mut builder = WasiCtxBuilder::new();
    builder.inherit_stdio();
    // One guest a process: its file operations may block the thread that it runs on.
    builder.allow_blocking_current_thread(true);
    for argument in &request.arguments {
        builder.arg(c_text("argument", argument)?);
    }
    for (name, value) in &request.environment {
        builder.env(variable_name(name)?, c_text("value of an environment variable", value)?);
    }
    for grant in &request.directories {
        open(&mut builder, grant)?;
    }
    Ok(builder.build_p1())
}

fn open(builder: &mut WasiCtxBuilder, grant: &Grant) -> Result<(), EngineError> {
    let permissions = match grant.access {
        Access::Read => FsPerms::ReadOnly,
        Access::ReadWrite => FsPerms::ReadWrite,
    };
    let name = c_text("name of a directory", &grant.guest)?;
    match builder.preopened_dir(&grant.host, name, permissions) {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(EngineError::DirectoryUnavailable { host: grant.host.clone(), detail: format!("{error:#}") })
        }
    }
}

/// `text`, which ends where the guest will see it end: WASI hands texts over with a zero byte behind them.
fn c_text<'a>(what: &'static str, text: &'a str) -> Result<&'a str, EngineError> {
    if text.contains('\0') { Err(refused(what, text, "it holds a zero byte")) } else { Ok(text) }
}

/// `name`, which the guest will split from its value where we do.
fn variable_name(name: &str) -> Result<&str, EngineError> {
    let what = "name of an environment variable";
    if name.is_empty() {
        Err(refused(what, name, "it is empty"))
    } else if name.contains('=') {
        Err(refused(what, name, "it holds an equals sign"))
    } else {
        c_text(what, name)
    }
}

fn refused(what: &'static str, value: &str, reason: &'static str) -> EngineError {
    EngineError::RequestRefused { what, value: value.escape_default().to_string(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(request: &WasiRequest) -> Option<&'static str> {
        context(request).err().map(|error| error.code())
    }

    #[test]
    fn texts_that_the_guest_would_read_otherwise_are_refused() {
        let argument = WasiRequest { arguments: vec!["a\0b".into()], ..WasiRequest::default() };
        assert_eq!(code(&argument), Some("guest-request-refused"));
        for name in ["", "A=B", "A\0"] {
            let request =
                WasiRequest { environment: vec![(name.into(), "v".into())], ..WasiRequest::default() };
            assert_eq!(code(&request), Some("guest-request-refused"), "{name:?}");
        }
    }

    #[test]
    fn an_absent_directory_is_named() {
        let host = std::path::PathBuf::from("/nonexistent/cdi");
        let grant = Grant { host, guest: "/data".into(), access: Access::Read };
        let request = WasiRequest { directories: vec![grant], ..WasiRequest::default() };
        assert_eq!(code(&request), Some("directory-unavailable"));
    }

    #[test]
    fn an_empty_request_is_allowed() {
        assert_eq!(code(&WasiRequest::default()), None);
    }
}
