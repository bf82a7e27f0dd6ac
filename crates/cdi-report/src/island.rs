//! Data for the page's own script, as JSON in an element that HTML does not read as markup.

use std::fmt::Write as _;

use serde::Serialize;

/// JSON without any character by which HTML could leave a `script` element, or that a display would follow.
#[derive(Debug)]
pub(crate) struct Island(String);

impl Island {
    /// What cannot be written as JSON is an empty object: the script then offers nothing.
    pub(crate) fn of(value: &impl Serialize) -> Self {
        let json = serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned());
        let mut safe = String::with_capacity(json.len());
        for c in json.chars() {
            // All of these can only stand inside strings.
            if matches!(c, '<' | '>' | '&' | '\'' | '`') || cdi_types::steers_a_display(c) {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(safe, "\\u{unit:04x}");
                }
            } else {
                safe.push(c);
            }
        }
        Self(safe)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_element_and_the_value_is_the_same() {
        let hostile = "</script><!--<script>&\u{2028}\u{202e}'`\u{e0041}\"\\";
        let island = Island::of(&[hostile]);
        assert!(island.as_str().chars().all(|c| !"<>&'`".contains(c) && c.is_ascii()), "{island:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(island.as_str()).unwrap(), [hostile]);
    }
}
