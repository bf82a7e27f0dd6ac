//! JSON with line feeds and blanks between its parts, and every other byte as it was.

use cdi_types::json;

/// No part is moved further right: 32 levels of nothing but brackets would be mostly blanks.
const DEEPEST: usize = 12;

/// The same JSON, a member or an element a line; text that is not strict JSON stays as it is.
#[must_use]
pub fn indented(text: &str) -> String {
    if json::strict(text.as_bytes()).is_err() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut characters = text.chars().peekable();
    let (mut in_string, mut after_backslash) = (false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
    };
    while let Some(c) = characters.next() {
        if in_string {
            out.push(c);
            in_string = c != '"' || after_backslash;
            after_backslash = c == '\\' && !after_backslash;
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                while characters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_changes() {
        let text = r#"{"a":[1,2.50,{}],"b\"{":"x, y: [\\","c":[ ] , "d":{"e":null}}"#;
        let shown = indented(text);
        let expected = "{\n  \"a\": [\n    1,\n    2.50,\n    {}\n  ],\n  \"b\\\"{\": \"x, y: [\\\\\",\n  \"c\": [],\n  \"d\": {\n    \"e\": null\n  }\n}";
        assert_eq!(shown, expected);
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&shown), value(text));
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        for text in ["", "{", "{\"a\":1,\"a\":2}", "</pre><script>"] {
            assert_eq!(indented(text), text);
        }
    }
}
