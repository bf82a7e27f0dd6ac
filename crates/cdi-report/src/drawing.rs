//! The picture of a chain, as `cdi_graph` draws it, and its style apart: the page's policy has to name that.

use cdi_graph::svg::{self, Legend, Style, Theme};
use cdi_graph::{Graph, Limits, fold};

/// A drawing. Its texts were written by others; `cdi_graph` has escaped them.
#[derive(Debug)]
pub(crate) struct Drawing {
    svg: String,
}

const START: &str = "<style>";
const END: &str = "</style>";

impl Drawing {
    /// Draws a graph, folded to what people can look at.
    pub(crate) fn of(graph: &Graph) -> Self {
        let style = Style { theme: Theme::Auto, legend: Legend::Hidden };
        Self { svg: svg::draw(&fold(graph, Limits::default()), &style) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.svg
    }

    /// The content of its one `style` element. No text of others has a `<`.
    pub(crate) fn style(&self) -> &str {
        let after = self.svg.split_once(START).map_or("", |(_, after)| after);
        after.split_once(END).map_or("", |(style, _)| style)
    }
}
