//! What a runtime of containers says in its log when it fails, as text or as one object of JSON a line.

use std::collections::BTreeMap;

/// The last line that is more than a remark, as far as a person wants to read it.
pub(super) fn complaint(log: &str) -> Option<String> {
    let harmless = ["level=warning", "level=info", "level=debug"];
    let bad = |line: &&str| !line.trim().is_empty() && !harmless.iter().any(|word| line.contains(word));
    let line = log.lines().rfind(bad)?;
    let members = serde_json::from_str::<BTreeMap<String, String>>(line).ok();
    let message = members.as_ref().and_then(|members| members.get("msg")).map(String::as_str);
    let text = message.unwrap_or_else(|| line.split_once("msg=").map_or(line, |(_, text)| text));
    Some(text.chars().filter(|c| !c.is_control()).take(300).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_complaint_is_told_and_no_remark() {
        let object = "{\"level\":\"error\",\"msg\":\"no such\\u001b file\",\"time\":\"t\"}";
        assert_eq!(complaint(object).as_deref(), Some("no such file"));
        let text = "time=t level=error msg=broken\ntime=t level=warning msg=slow\n\n";
        assert_eq!(complaint(text).as_deref(), Some("broken"));
        assert_eq!(complaint("level=info msg=well\n"), None);
    }
}
