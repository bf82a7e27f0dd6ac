//! Reading a record: lines of envelopes, each with its statement.

use cdi_envelope::{Budget, Envelope, PublicKey};
use cdi_types::{AnyStatement, Bundle, StatementId, limits, parse_statement};

use crate::{RecordError, RecordKind};

/// One line of a record, its form right, its signature not yet looked at.
pub(crate) struct RecordLine {
    pub(crate) record: RecordKind,
    pub(crate) number: usize,
    pub(crate) bytes: Vec<u8>,
    pub(crate) id: StatementId,
    pub(crate) statement: AnyStatement,
    envelope: Envelope,
}

impl RecordLine {
    /// Holds the line to being signed with `key`.
    pub(crate) fn signed_by(&self, key: &PublicKey) -> Result<(), RecordError> {
        let mut budget = Budget::new(limits::ENVELOPE_SIGNATURES);
        self.envelope.verify_by(key, &mut budget).map_err(|error| self.unusable(&error))
    }

    pub(crate) fn unusable(&self, detail: &dyn std::fmt::Display) -> RecordError {
        RecordError::Line { record: self.record, line: self.number, detail: detail.to_string() }
    }

    pub(crate) const fn stray(&self) -> RecordError {
        RecordError::StrayStatement { record: self.record, line: self.number }
    }

    /// Holds a serial to being the next.
    pub(crate) fn next_serial(&self, found: u64, expected: usize) -> Result<(), RecordError> {
        let expected = expected as u64;
        if found == expected {
            return Ok(());
        }
        Err(RecordError::Serial { record: self.record, line: self.number, found, expected })
    }
}

/// The lines of a record.
pub(crate) fn lines(record: RecordKind, bytes: Vec<u8>) -> Result<Vec<RecordLine>, RecordError> {
    let bundle =
        Bundle::parse(bytes).map_err(|error| RecordError::Bundle { record, error })?.into_untrusted();
    bundle
        .lines()
        .map(|line| {
            let unusable = |detail: String| RecordError::Line { record, line: line.number, detail };
            let envelope =
                Envelope::parse(line.bytes).map_err(|error| unusable(error.to_string()))?.into_untrusted();
            let (id, statement) =
                parse_statement(envelope.payload()).map_err(|error| unusable(error.to_string()))?;
            let bytes = line.bytes.trim_ascii().to_vec();
            Ok(RecordLine { record, number: line.number, bytes, id, statement, envelope })
        })
        .collect()
}

/// The lines as a file.
pub(crate) fn to_file<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    for line in lines {
        file.extend_from_slice(line);
        file.push(b'\n');
    }
    file
}
