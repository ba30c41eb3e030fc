//! An SVG document that grows by shapes; coordinates in pixels from the upper left corner.

use std::fmt::Write as _;

/// Colour of lines and texts of lesser weight.
pub const QUIET: &str = "#6b7280";
/// Colour of texts.
pub const INK: &str = "#111827";
/// Colour of what is shown.
pub const BLUE: &str = "#2563eb";
/// Colour of what to look at.
pub const AMBER: &str = "#d97706";

/// A document that is being drawn.
pub struct Svg {
    body: String,
    width: f64,
    height: f64,
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// An empty picture of this size.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            body: String::new(),
            width,
            height,
        }
    }

    /// A filled rectangle; `title` is shown when one points at it.
    pub fn rectangle(&mut self, [x, y, width, height]: [f64; 4], fill: &str, title: &str) {
        let title = escaped(title);
        self.put(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             fill=\"{fill}\"><title>{title}</title></rect>"
        ));
    }

    /// A straight line.
    pub fn line(&mut self, [x1, y1, x2, y2]: [f64; 4], stroke: &str, dashed: bool) {
        let dash = if dashed {
            " stroke-dasharray=\"4 4\""
        } else {
            ""
        };
        self.put(&format!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" \
             stroke=\"{stroke}\"{dash}/>"
        ));
    }

    /// A dot; `title` is shown when one points at it.
    pub fn dot(&mut self, [x, y, radius]: [f64; 3], fill: &str, title: &str) {
        let title = escaped(title);
        self.put(&format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{fill}\" \
             fill-opacity=\"0.7\"><title>{title}</title></circle>"
        ));
    }

    /// A text on one line, shortened to 28 characters.
    pub fn text(&mut self, [x, y]: [f64; 2], anchor: Anchor, fill: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(&short(text));
        self.put(&format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{text}</text>"
        ));
    }

    /// The document.
    pub fn finish(self, title: &str) -> String {
        let (width, height, title) = (self.width, self.height, escaped(title));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{title}\" \
             font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
            self.body
        )
    }

    fn put(&mut self, shape: &str) {
        // Writing to a string cannot fail.
        writeln!(self.body, "{shape}").ok();
    }
}

/// A text that stands for itself in XML and HTML.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            control if control.is_control() => out.push(' '),
            // No XML document may hold these two.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

fn short(text: &str) -> String {
    if text.chars().count() <= 28 {
        return text.to_owned();
    }
    text.chars().take(27).chain(['…']).collect()
}
