//! The picture: each row's share of what is aimed at, on a scale in which each step is twice the one before. Left of the line holds.

use super::page::title;
use super::row::Row;

const WIDTH: f64 = 880.0;
const LEFT: f64 = 24.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 84.0;
const HEAD: f64 = 34.0;
const ROW: f64 = 44.0;
/// The ends of the scale: shares outside are drawn at them.
const SCALE: (f64, f64) = (1.0 / 16.0, 16.0);

const STYLE: &str = "\
text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#1b1f24}\
.title{font-size:18px;font-weight:600}.part{font-size:14px;font-weight:600}.dim{fill:#57606a;font-size:12px}\
.ground{fill:#ffffff}.what{paint-order:stroke;stroke:#ffffff;stroke-width:5px;stroke-linejoin:round}.track{stroke:#d0d7de;stroke-width:2}.grid{stroke:#eaeef2}.aim{stroke:#57606a;stroke-dasharray:4 3}\
.holds{fill:#0f7b3f;stroke:#0f7b3f}.misses{fill:#b42318;stroke:#b42318}.holds-text{fill:#0f7b3f;font-weight:600}\
.misses-text{fill:#b42318;font-weight:600}.bar{stroke-width:6;stroke-linecap:round;opacity:.35}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}.ground{fill:#0d1117}.what{stroke:#0d1117}.track{stroke:#30363d}\
.grid{stroke:#21262d}.aim{stroke:#9198a1}.holds{fill:#4ac26b;stroke:#4ac26b}.misses{fill:#ff8178;stroke:#ff8178}\
.holds-text{fill:#4ac26b}.misses-text{fill:#ff8178}}";

/// The rows that aim at something and were measured, as SVG.
pub(super) fn drawn(rows: &[Row]) -> String {
    let unmeasured = rows.iter().filter(|row| row.target.is_some() && row.median.is_none()).count();
    let rows: Vec<(&Row, f64)> = rows.iter().filter_map(|row| Some((row, row.share()?))).collect();
    let (mut body, mut y, mut part) = (String::new(), TOP, "");
    for (row, share) in &rows {
        if row.part != part {
            part = &row.part;
            y += HEAD;
            body.push_str(&text(LEFT, y - 10.0, "part what", &title(part)));
        }
        body.push_str(&line(row, *share, y));
        y += ROW;
    }
    if unmeasured > 0 {
        y += 20.0;
        body.push_str(&text(LEFT, y, "dim", &format!("Not measured: {unmeasured}, which the page names.")));
    }
    let height = y + 24.0;
    let aim = across(1.0);
    let mut grid = String::new();
    for (share, said) in [
        (0.125, "an eighth"),
        (0.25, "a quarter"),
        (0.5, "half"),
        (2.0, "twice"),
        (4.0, "4 times"),
        (8.0, "8 times"),
    ] {
        let x = across(share);
        grid.push_str(&format!("<path class=\"grid\" d=\"M{x:.1} {TOP}V{:.1}\"/>\n", height - 20.0));
        grid.push_str(&middle(x, TOP - 8.0, "dim", said));
    }
    grid.push_str(&format!("<path class=\"aim\" d=\"M{aim:.1} {TOP}V{:.1}\"/>\n", height - 20.0));
    grid.push_str(&middle(aim, TOP - 8.0, "dim", "aimed at"));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" \
         role=\"img\" aria-labelledby=\"title\">\n<title id=\"title\">What CDI takes, over what is aimed at</title>\n\
         <style>{STYLE}</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n{}{}{grid}{body}</svg>\n",
        text(LEFT, 32.0, "title", "What CDI takes, over what is aimed at"),
        text(
            LEFT,
            52.0,
            "dim",
            "Left of the line is better than that. Each step of the scale is twice the one before."
        ),
    )
}

/// A row: its name, a track with a mark, the figure and what is aimed at.
fn line(row: &Row, share: f64, y: f64) -> String {
    let (from, x, track) = (across(1.0), across(share), y + 24.0);
    let (class, mark) = if row.holds == Some(true) {
        ("holds", format!("<circle class=\"holds\" cx=\"{x:.1}\" cy=\"{track:.1}\" r=\"6\"/>"))
    } else {
        let diamond = format!("M{x:.1} {:.1}l7 7l-7 7l-7 -7z", track - 7.0);
        ("misses", format!("<path class=\"misses\" d=\"{diamond}\"/>"))
    };
    let (start, end, figures) = (across(SCALE.0), across(SCALE.1), WIDTH - RIGHT + 18.0);
    let verdict = if class == "holds" { "holds" } else { "misses" };
    [
        text(LEFT, y + 12.0, "what", &row.what),
        format!("<path class=\"track\" d=\"M{start:.1} {track:.1}H{end:.1}\"/>\n"),
        format!("<path class=\"bar {class}\" d=\"M{from:.1} {track:.1}H{x:.1}\"/>\n{mark}\n"),
        text(figures, y + 12.0, &format!("{class}-text"), &format!("{} {verdict}", row.found())),
        text(figures, y + 28.0, "dim", &row.aim()),
    ]
    .concat()
}

/// Where a share is drawn.
fn across(share: f64) -> f64 {
    let (from, to) = (SCALE.0.log2(), SCALE.1.log2());
    let along = (share.max(f64::MIN_POSITIVE).log2().clamp(from, to) - from) / (to - from);
    along.mul_add(WIDTH - LEFT - RIGHT, LEFT)
}

fn text(x: f64, y: f64, class: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>\n", escaped(text))
}

fn middle(x: f64, y: f64, class: &str, text: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\" text-anchor=\"middle\">{}</text>\n",
        escaped(text)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('`', "")
}

#[test]
fn a_miss_is_drawn_as_one_and_what_was_not_measured_is_counted() {
    let line = |target: &str, median: &str, holds: &str| {
        format!(
            r#"{{"part":"p","what":"a < b","target":{target},"median":{median},"least":{median},"unit":"","clock":"wall","sides":"","holds":{holds}}}"#
        )
    };
    let lines = [
        line(r#"{"atMost":2.0}"#, "1.0", "true"),
        line(r#"{"atLeast":2.0}"#, "1.0", "false"),
        line(r#"{"atLeast":2.0}"#, "null", "null"),
        line("null", "9.0", "null"),
    ];
    let rows: Vec<Row> = lines.iter().filter_map(|line| Row::of(line).ok()).collect();
    let shares: Vec<Option<f64>> = rows.iter().map(Row::share).collect();
    assert_eq!(shares, [Some(0.5), Some(2.0), None, None]);
    let svg = drawn(&rows);
    assert_eq!((svg.matches("<circle").count(), svg.matches(" misses</text>").count()), (1, 1));
    assert!(svg.contains("Not measured: 1,") && svg.contains("a &lt; b"));
}
