//! The page's `Content-Security-Policy`: its own style and its own script, by their digests, and nothing else.

use base64_simd::STANDARD;
use cdi_types::Sha256;

/// The policy for a page with these inline elements.
pub(crate) fn content_policy(styles: &[&str], scripts: &[&str]) -> String {
    let sources = |texts: &[&str]| {
        let hash = |text: &&str| {
            let digest = STANDARD.encode_to_string(Sha256::of(text.as_bytes()).as_bytes());
            format!("'sha256-{digest}'")
        };
        texts.iter().map(hash).collect::<Vec<_>>().join(" ")
    };
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        sources(styles),
        sources(scripts)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_script_has_the_known_hash() {
        let policy = content_policy(&["b"], &[""]);
        // `printf '' | openssl dgst -sha256 -binary | base64`
        assert!(
            policy.contains("script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';"),
            "{policy}"
        );
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
