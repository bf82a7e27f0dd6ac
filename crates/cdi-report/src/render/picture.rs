//! The picture of the chain: to scroll without a script, to move and to open with one.

use crate::drawing::Drawing;
use crate::markup::Html;

pub(super) fn render(drawing: &Drawing, html: &mut Html) {
    html.raw("<section id=\"picture\" tabindex=\"-1\">\n<h2>Picture</h2>\n");
    html.raw("<p class=\"lead\">Where the artifact comes from, along the arrows in time, and who vouches for the tools. ");
    html.raw("What is marked <strong>✓ counts</strong> is part of what shows something that a principal asks for.</p>\n");
    html.raw("<div class=\"steer\" role=\"group\" aria-label=\"The picture\" hidden>\n");
    html.raw("<button type=\"button\" id=\"smaller\" aria-label=\"Smaller\">−</button> ");
    html.raw("<button type=\"button\" id=\"larger\" aria-label=\"Larger\">+</button> ");
    html.raw("<button type=\"button\" id=\"fit\">Fit</button> ");
    html.raw("<button type=\"button\" id=\"whole\" aria-pressed=\"false\">Whole window</button>\n");
    html.raw("<p class=\"quiet keys\">Keys in the picture: <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd> for its size, arrows to move, ");
    html.raw(
        "<kbd>Tab</kbd> to its nodes, arrows from node to node, <kbd>Enter</kbd> to open one.</p></div>\n",
    );
    html.raw("<div class=\"frame\" tabindex=\"0\" role=\"region\" aria-label=\"Picture of the provenance chain\">\n");
    html.drawing(drawing).raw("</div>\n<div id=\"node\" tabindex=\"-1\" role=\"group\" aria-label=\"A node of the picture\" hidden></div>\n");
    html.raw("</section>\n");
}
