//! The document around the drawing, and its style sheet.
//!
//! Colours are those of Okabe and Ito, which colour-blind people tell apart, darkened or lightened until text on them has a
//! contrast of 4.5 to 1; each of them comes with a sign or a word.

use super::Theme;
use super::ink::{escaped, number};

const LIGHT: &str = "--page:#ffffff;--box:#ffffff;--ink:#1b1f24;--dim:#57606a;--line:#8c959f;--edge:#818b98;\
--good:#00558f;--good-bg:#e3f1fb;--bad:#a33b00;--bad-bg:#fdece2;--open:#7a2f6d;--open-bg:#f8e8f5;\
--plain-bg:#eef1f4;";
const DARK: &str = "--page:#0f141a;--box:#171d25;--ink:#e8edf2;--dim:#a3aeba;--line:#66717d;--edge:#7d8894;\
--good:#7cc4ff;--good-bg:#10304a;--bad:#ffa977;--bad-bg:#4a2410;--open:#eaa6dc;--open-bg:#42203a;\
--plain-bg:#232b35;";

const RULES: &str = "\
.cdi-graph{background:var(--page);font-family:'DejaVu Sans',Verdana,'Segoe UI',system-ui,sans-serif}\
.cdi-graph text{fill:var(--ink);font-size:11px;white-space:pre}\
.cdi-graph .page{fill:var(--page)}\
.cdi-graph .title{font-size:20px;font-weight:600}\
.cdi-graph .part{font-size:12px;font-weight:600;fill:var(--dim)}\
.cdi-graph .name{font-size:13px;font-weight:600}\
.cdi-graph .kind{font-size:10px;fill:var(--dim);letter-spacing:.04em}\
.cdi-graph .state{font-size:10px;text-anchor:end;fill:var(--dim)}\
.cdi-graph .said{font-size:11px;font-weight:600}\
.cdi-graph .counts .said{fill:var(--good)}\
.cdi-graph .fails .said{fill:var(--bad)}\
.cdi-graph .line{fill:var(--dim)}\
.cdi-graph .note{font-size:12px;fill:var(--dim)}\
.cdi-graph .property{font-size:10.5px}\
.cdi-graph .sign{font-size:12px;font-weight:700;text-anchor:middle}\
.cdi-graph .box{fill:var(--box);stroke:var(--line);stroke-width:1.2}\
.cdi-graph .bar{fill:var(--line);stroke:none}\
.cdi-graph .artifact .bar{fill:none}\
.cdi-graph .inspection .box,.cdi-graph .origin .box{stroke-dasharray:5 3}\
.cdi-graph .strangers .box,.cdi-graph .rest .box{stroke-dasharray:2 3}\
.cdi-graph .counts>.box{stroke:var(--good);stroke-width:1.8}\
.cdi-graph .counts>.bar{fill:var(--good)}\
.cdi-graph .counts .state{fill:var(--good)}\
.cdi-graph .fails>.box{stroke:var(--bad);stroke-width:1.8}\
.cdi-graph .fails>.bar{fill:var(--bad)}\
.cdi-graph .fails .state,.cdi-graph .code{fill:var(--bad)}\
.cdi-graph .not-told>.box,.cdi-graph .some>.box{stroke:var(--open);stroke-width:1.8}\
.cdi-graph .not-told>.bar,.cdi-graph .some>.bar{fill:var(--open)}\
.cdi-graph .not-told .state,.cdi-graph .some .state{fill:var(--open)}\
.cdi-graph .chip{fill:var(--plain-bg)}\
.cdi-graph .chip.established,.cdi-graph .chip.attested,.cdi-graph .chip.carried,.cdi-graph .chip.has{fill:var(--good-bg)}\
.cdi-graph .sign.established,.cdi-graph .sign.attested,.cdi-graph .sign.carried,.cdi-graph .sign.has{fill:var(--good)}\
.cdi-graph .chip.lost{fill:var(--bad-bg)}\
.cdi-graph .sign.lost{fill:var(--bad)}\
.cdi-graph .chip.not-told{fill:var(--open-bg)}\
.cdi-graph .sign.not-told{fill:var(--open)}\
.cdi-graph .banner{fill:var(--bad-bg);stroke:var(--bad)}\
.cdi-graph .banner-text{font-size:12px;font-weight:600;fill:var(--bad)}\
.cdi-graph .edge{fill:none;stroke:var(--edge);stroke-width:1.3}\
.cdi-graph .edge.on{stroke:var(--good);stroke-width:1.9}\
.cdi-graph .edge.inspected,.cdi-graph .edge.listed{stroke-dasharray:5 3}\
.cdi-graph .edge.behind{stroke-dasharray:2 4}\
.cdi-graph .arrow{fill:context-stroke}";

/// A picture of this size around what is drawn: what it is called, and what it is to those who do not see it.
pub(crate) fn document(
    (class, title, description): (&str, &str, &str),
    theme: Theme,
    (width, height): (f64, f64),
    body: &str,
) -> String {
    let (width, height) = (number(width), number(height));
    let variables = match theme {
        Theme::Auto => {
            format!(".cdi-graph{{{LIGHT}}}@media (prefers-color-scheme:dark){{.cdi-graph{{{DARK}}}}}")
        }
        Theme::Light => format!(".cdi-graph{{{LIGHT}}}"),
        Theme::Dark => format!(".cdi-graph{{{DARK}}}"),
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"group\" aria-labelledby=\"cdi-title cdi-desc\">\n\
         <title id=\"cdi-title\">{}</title>\n\
         <desc id=\"cdi-desc\">{} A picture is no permission.</desc>\n\
         <style>{variables}{RULES}</style>\n\
         <defs><marker id=\"cdi-arrow\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path class=\"arrow\" d=\"M0 0.5L8 4L0 7.5Z\"/></marker></defs>\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n{body}</svg>\n",
        escaped(title),
        escaped(description),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(variables: &str, name: &str) -> [f64; 3] {
        let (_, rest) = variables.split_once(&format!("{name}:#")).unwrap();
        let channel = |at: usize| f64::from(u8::from_str_radix(&rest[at..at + 2], 16).unwrap()) / 255.0;
        let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        [0, 2, 4].map(channel).map(linear)
    }

    fn luminance([red, green, blue]: [f64; 3]) -> f64 {
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast of WCAG 2.1.
    fn contrast(variables: &str, a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(colour(variables, a)), luminance(colour(variables, b)));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_has_a_contrast_of_four_and_a_half_and_every_line_of_three() {
        let on_boxes = ["--ink", "--dim", "--good", "--bad", "--open"];
        let on_chips = [
            ("--ink", "--good-bg"),
            ("--ink", "--bad-bg"),
            ("--ink", "--open-bg"),
            ("--ink", "--plain-bg"),
            ("--good", "--good-bg"),
            ("--bad", "--bad-bg"),
            ("--open", "--open-bg"),
        ];
        for variables in [LIGHT, DARK] {
            let on = |paper| on_boxes.map(|ink| (ink, paper));
            for (ink, paper) in on("--box").into_iter().chain(on("--page")).chain(on_chips) {
                let found = contrast(variables, ink, paper);
                assert!(found >= 4.5, "{ink} on {paper}: {found:.2}");
            }
            for line in ["--line", "--edge"] {
                assert!(contrast(variables, line, "--page") >= 3.0, "{line}");
            }
        }
    }
}
