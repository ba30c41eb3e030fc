//! Icons, drawn for these pages on a grid of 20: strokes in the colour of the text beside them.

use maud::{Markup, html};

/// Name and strokes.
pub(super) const ICONS: &[(&str, &str)] = &[
    ("work", "M4 15.5V13L13 4l3 3-9 9H4.5ZM11 6l3 3"),
    ("campaign", "M5 17V3.5M5 4c4-2 6 2 10 0v7c-4 2-6-2-10 0"),
    (
        "market",
        "M3.5 3.5h5v5h-5zM11.5 3.5h5v5h-5zM3.5 11.5h5v5h-5zM11.5 11.5h5v5h-5z",
    ),
    ("earnings", "M3 16.5h14M4.5 13l4-4.5 3 2.5 4.5-6M16 9V5h-4"),
    (
        "person",
        "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 16.5c.6-3 3-4.5 6-4.5s5.4 1.5 6 4.5",
    ),
    ("check", "M4 10.5l4 4 8-9"),
    ("cross", "M5 5l10 10M15 5L5 15"),
    ("dot", "M10 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z"),
    ("clock", "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 6v4l2.5 2"),
    (
        "question",
        "M7 7.6a3 3 0 1 1 4.7 2.4c-1.1.8-1.7 1.3-1.7 2.6M10 16.2v-.2",
    ),
    (
        "seal",
        "M10 2.5l6 2.5v4.5c0 4-2.6 6.7-6 8-3.4-1.3-6-4-6-8V5ZM7.2 9.8l2 2 3.6-4",
    ),
    (
        "key",
        "M7 9.5a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4ZM9.4 10.4L16.5 3.5M13 7l2.5 2.5",
    ),
    (
        "wallet",
        "M3.5 6h13v10h-13zM3.5 6l9.5-2.5V6M13 10.2h3.5v2.6H13z",
    ),
    ("arrow", "M4 10h12M11.5 5.5L16 10l-4.5 4.5"),
    ("undo", "M4 8h8a4 4 0 0 1 0 8H8M7 4.5L3.8 8 7 11.5"),
    ("skip", "M4 5l6 5-6 5zM11 5l6 5-6 5z"),
    (
        "note",
        "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 9.5v4M10 6.6v-.2",
    ),
    ("warning", "M10 3.2l7.5 13.3h-15ZM10 8v4M10 14.4v-.2"),
    (
        "offline",
        "M3 3l14 14M5 9.5a8 8 0 0 1 3-2M8 12.6a3.6 3.6 0 0 1 3.5-.4M10.6 7a8 8 0 0 1 4.4 2.3\
         M10 15.6v-.2",
    ),
    (
        "light",
        "M10 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM10 2.5v1.6M10 15.9v1.6M2.5 10h1.6M15.9 10h1.6\
         M4.7 4.7l1.1 1.1M14.2 14.2l1.1 1.1M4.7 15.3l1.1-1.1M14.2 5.8l1.1-1.1",
    ),
    (
        "dark",
        "M15.5 12.2A6.5 6.5 0 0 1 7.8 4.5a6.5 6.5 0 1 0 7.7 7.7Z",
    ),
    ("system", "M3 4.5h14v9H3zM7.5 16.5h5M10 13.5v3"),
    (
        "empty",
        "M3.5 11.5l2.5-7h8l2.5 7v4h-13zM3.5 11.5h4l1 2h3l1-2h4",
    ),
    (
        "upstream",
        "M10 17V9M10 9C10 6 5 7 5 3M10 9c0-3 5-2 5-6M5 3l-1.6 1.8M5 3l1.6 1.8M15 3l-1.6 1.8\
         M15 3l1.6 1.8",
    ),
];

/// An icon that says nothing by itself: the word stands beside it.
pub(super) fn icon(name: &str) -> Markup {
    let found = ICONS.iter().find(|(own, _)| *own == name);
    let strokes = found.map_or("", |(_, strokes)| strokes);
    html! {
        svg.icon viewBox="0 0 20 20" aria-hidden="true" { path d=(strokes) {} }
    }
}

/// The mark of the house.
pub(super) fn mark() -> Markup {
    html! {
        svg viewBox="0 0 32 32" aria-hidden="true" {
            rect.mark-ground width="32" height="32" rx="8" {}
            path.mark-sign d="M9 8v16M23 8v16M9 16c4-5 10 5 14 0" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_that_a_page_names_is_drawn() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/page");
        let mut named = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            for part in text.split("icon(\"").skip(1) {
                let name = part.split('"').next().unwrap();
                let known = ICONS.iter().any(|(own, _)| *own == name);
                assert!(known, "{}: there is no icon `{name}`", path.display());
                named += 1;
            }
        }
        assert!(named > 5, "{named}");
    }
}
