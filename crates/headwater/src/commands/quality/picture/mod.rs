//! Pictures as SVG: plain shapes and texts, readable on their own and within a page.

mod heat_map;
mod intervals;
mod reliability;
mod scatter;
mod svg;

pub use heat_map::heat_map;
pub use intervals::{Interval, intervals};
pub use reliability::reliability;
pub use scatter::{Point, scatter};
pub use svg::escaped;

/// A picture with its name and what it shows.
#[derive(Debug, Clone)]
pub struct Picture {
    /// File name without its ending.
    pub name: &'static str,
    /// What it is, as a heading.
    pub title: String,
    /// What to see in it, in a sentence or two for somebody who was not there.
    pub caption: String,
    /// The SVG document.
    pub svg: String,
}
