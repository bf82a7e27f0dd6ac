//! Claims as text that people edit: what is short stands in one line.

use serde_json::Value;

/// The longest line, in characters, that is not broken.
const WIDTH: usize = 110;

/// A document in lines, the last with its end.
pub(super) fn lines(document: &Value) -> String {
    let mut text = String::new();
    write(document, 0, 0, &mut text);
    text.push('\n');
    text
}

/// Writes a value that begins after `taken` characters of a line, in a part that is `indent` deep.
fn write(value: &Value, indent: usize, taken: usize, text: &mut String) {
    let short = one_line(value);
    let (open, close, parts): (char, char, Vec<(String, &Value)>) = match value {
        // What it is about stays in sight: a document and its first level are never one line.
        Value::Object(members) if indent < 2 || taken + short.len() > WIDTH => {
            let named = |(name, value)| (format!("{}: ", Value::from(name)), value);
            ('{', '}', members.iter().map(|(name, value)| named((name.as_str(), value))).collect())
        }
        Value::Array(elements) if indent < 2 || taken + short.len() > WIDTH => {
            ('[', ']', elements.iter().map(|element| (String::new(), element)).collect())
        }
        _ => {
            text.push_str(&short);
            return;
        }
    };
    text.push(open);
    let blanks = (indent + 1) * 2;
    let mut column = 0;
    for (place, (name, part)) in parts.iter().enumerate() {
        // Words go on in a line while there is room.
        let word = part.as_str().filter(|_| name.is_empty()).map_or(WIDTH, str::len);
        let goes_on = place > 0 && column + word + 4 <= WIDTH;
        if goes_on {
            text.push_str(", ");
            column += 2;
        } else {
            text.push_str(if place == 0 { "\n" } else { ",\n" });
            text.push_str(&" ".repeat(blanks));
            column = blanks;
        }
        text.push_str(name);
        let before = text.len();
        write(part, indent + 1, column + name.len(), text);
        column += text.len() - before;
    }
    if !parts.is_empty() {
        text.push('\n');
        text.push_str(&" ".repeat(indent * 2));
    }
    text.push(close);
}

/// The whole of it in one line.
fn one_line(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let member = |(name, value)| format!("{}: {}", Value::from(name), one_line(value));
            let members: Vec<String> =
                members.iter().map(|(name, value)| member((name.as_str(), value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(one_line).collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_short_stands_in_one_line_and_means_the_same() {
        let document = json!({ "claims": [{ "property": "A" }], "invocations": {}, "long": { "list": vec!["word"; 40] } });
        let text = lines(&document);
        assert!(text.contains("\n    { \"property\": \"A\" }\n"), "{text}");
        assert!(text.lines().all(|line| line.len() <= WIDTH + 2), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
    }
}
