//! Styles that only pages with pictures have.

use maud::{Markup, html};

use super::asset::{PICTURES, address};

/// For pages with drawings, or with what stands in `trust.css`.
pub(super) fn sheets() -> Markup {
    html! { link rel="stylesheet" href=(address(PICTURES)); }
}
