//! One byte string for a JSON value: members in the order of their names, whatever features `serde_json` was built with.

use serde_json::Value;

/// Compact JSON, the members of each object in byte order of their names.
#[must_use]
pub fn compact(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            let members = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), compact(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(compact).collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}
