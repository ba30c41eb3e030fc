//! Drawings by the server: a lineage from ancestors to descendants, and money as a Sankey diagram.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;

use super::part::{amount, money, number, text};

/// Width of a drawing in its own units.
const WIDTH: usize = 960;
/// Most members of a generation that are drawn; the table beside has all of them.
const TALL: usize = 12;
const BOX: (usize, usize) = (150, 34);

/// The lineage of an asset: each generation a column, parents left of their children.
pub(super) fn lineage(tree: &Value) -> Markup {
    let own = number(&tree["asset"]);
    let mut depth: BTreeMap<u64, usize> = BTreeMap::new();
    let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
    let edges = tree["edges"].as_array().cloned().unwrap_or_default();
    let mut parents: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for edge in &edges {
        let above = parents.entry(number(&edge["child"])).or_default();
        above.push(number(&edge["parent"]));
    }
    // Parents have lower numbers, and nodes ascend: all parents of a node have their depth.
    for node in &nodes {
        let id = number(&node["id"]);
        let above = parents.get(&id).into_iter().flatten();
        let above = above.filter_map(|parent| depth.get(parent));
        let below = above.max().map_or(0, |depth| depth + 1);
        depth.insert(id, below);
    }
    let columns = depth.values().max().map_or(1, |deepest| deepest + 1);
    let step = if columns > 1 {
        (WIDTH - BOX.0) / (columns - 1)
    } else {
        0
    };
    let mut filled = vec![0; columns];
    let mut places: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for node in &nodes {
        let id = number(&node["id"]);
        let column = depth[&id];
        // Its own place is drawn whatever stands above it.
        if filled[column] < TALL || id == own {
            places.insert(id, (column * step, filled[column] * (BOX.1 + 14)));
            filled[column] += 1;
        }
    }
    let height = filled.iter().max().copied().unwrap_or(1) * (BOX.1 + 14);
    html! {
        svg.graph viewBox={ "0 0 " (WIDTH) " " (height) } role="img"
            aria-label="Lineage; the table below says the same" {
            @for edge in &edges {
                @if let (Some(from), Some(to)) = (
                    places.get(&number(&edge["parent"])), places.get(&number(&edge["child"]))
                ) {
                    (curve((from.0 + BOX.0, from.1 + BOX.1 / 2), (to.0, to.1 + BOX.1 / 2), 1))
                }
            }
            @for node in &nodes {
                @let id = number(&node["id"]);
                @if let Some((x, y)) = places.get(&id) {
                    @let class = if id == own { "own" } else { "other" };
                    a href={ "/assets/" (id) } {
                        rect.(class) x=(x) y=(y) width=(BOX.0) height=(BOX.1) rx="6" {}
                        text x=(x + 8) y=(y + 21) { (short(text(&node["title"]), 20)) }
                        title { (text(&node["title"])) " (asset " (id) ")" }
                    }
                }
            }
        }
    }
}

/// Where an asset's money came from and went: sources left, the asset in the middle, who got it
/// right; a link is as thick as its sum, in one token.
pub(super) fn sankey(flows: &Value, token: u64) -> Markup {
    let own = format!("asset:{}", flows["asset"]);
    let all = flows["links"].as_array().into_iter().flatten();
    let links: Vec<&Value> = all.filter(|link| number(&link["token"]) == token).collect();
    let sides = ["target", "source"].map(|end| -> BTreeMap<&str, u128> {
        let mut sums = BTreeMap::new();
        let other = if end == "target" { "source" } else { "target" };
        for link in links.iter().filter(|link| text(&link[end]) == own) {
            *sums.entry(text(&link[other])).or_default() += amount(&link["amount_units"]);
        }
        sums
    });
    let most = sides
        .iter()
        .map(|side| side.values().sum::<u128>())
        .max()
        .unwrap_or(0);
    let rows = sides.iter().map(BTreeMap::len).max().unwrap_or(0);
    if most == 0 {
        return html! { p.empty { "Nobody has paid for this asset yet." } };
    }
    let tall = 200_usize;
    let height = tall + rows * 22;
    html! {
        svg.graph viewBox={ "0 0 " (WIDTH) " " (height) } role="img"
            aria-label="Where money came from and went; the table below says the same" {
            rect.own x=(WIDTH / 2 - 6) y="0" width="12" height=(tall) {}
            @for (side, sums) in sides.iter().enumerate() {
                @for (name, at, thick, inner) in stacked(sums, most, tall) {
                    @let middle = inner + thick / 2;
                    @if side == 0 {
                        (curve((190, at + thick / 2), (WIDTH / 2 - 6, middle), thick))
                        text x="0" y=(at + thick / 2 + 4) { (short(name, 26)) }
                    } @else {
                        (curve((WIDTH / 2 + 6, middle), (WIDTH - 190, at + thick / 2), thick))
                        text x=(WIDTH - 180) y=(at + thick / 2 + 4) { (short(name, 26)) }
                    }
                }
            }
        }
    }
}

/// Each with where it begins outside, how thick it is, and where it begins at the asset.
fn stacked<'a>(
    sums: &BTreeMap<&'a str, u128>,
    most: u128,
    tall: usize,
) -> Vec<(&'a str, usize, usize, usize)> {
    let (mut outer, mut inner) = (0, 0_u128);
    let mut rows = Vec::new();
    for (name, units) in sums {
        let part = units.saturating_mul(tall as u128) / most;
        let thick = usize::try_from(part).unwrap_or(tall).clamp(1, tall);
        let at = usize::try_from(inner.saturating_mul(tall as u128) / most).unwrap_or(0);
        rows.push((*name, outer, thick, at.min(tall - 1)));
        outer += thick + 22;
        inner += units;
    }
    rows
}

fn curve(from: (usize, usize), to: (usize, usize), thick: usize) -> Markup {
    let middle = usize::midpoint(from.0, to.0);
    let path = format!(
        "M{} {} C{middle} {}, {middle} {}, {} {}",
        from.0, from.1, from.1, to.1, to.0, to.1
    );
    html! { path.link d=(path) stroke-width=(thick) {} }
}

/// The links of a Sankey diagram as a table.
pub(super) fn links(flows: &Value) -> Markup {
    let links = flows["links"].as_array().cloned().unwrap_or_default();
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th scope="col" { "From" }
                        th scope="col" { "To" }
                        th scope="col" { "As" }
                        th.num scope="col" { "Amount" }
                        th scope="col" { "State" }
                    }
                }
                tbody {
                    @for link in &links {
                        tr {
                            td { (text(&link["source"])) }
                            td { (text(&link["target"])) }
                            td { (text(&link["kind"])) }
                            td.num { (money(amount(&link["amount_units"]))) }
                            td { @if link["settled"] == true { "passed on" }
                                @else { "waits for the epoch" } }
                        }
                    }
                }
            }
        }
    }
}

/// The beginning of a text, so that it fits a box.
fn short(words: &str, letters: usize) -> String {
    match words.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_diamond_has_three_columns_and_no_html_of_others() {
        let node = |id: u32, title: &str| json!({"id": id, "title": title, "kind": "model"});
        let edge = |parent: u32, child: u32| json!({"parent": parent, "child": child});
        let tree = json!({
            "asset": 3,
            "nodes": [node(0, "<b>"), node(1, "b"), node(2, "c"), node(3, "d")],
            "edges": [edge(0, 1), edge(0, 2), edge(1, 3), edge(2, 3)],
        });
        let page = lineage(&tree).into_string();
        assert_eq!(page.matches("<path").count(), 4);
        assert!(
            page.contains("&lt;b&gt;") && !page.contains("<b>"),
            "{page}"
        );
        for x in [0, 405, 810] {
            assert!(page.contains(&format!("x=\"{x}\"")), "{x} in {page}");
        }
    }

    #[test]
    fn links_are_as_thick_as_their_part() {
        let link = |source: &str, target: &str, units: u64| {
            json!({"source": source, "target": target, "kind": "calls", "token": 0,
                "amount_units": units.to_string(), "settled": true})
        };
        let flows = json!({"asset": 1, "links": [
            link("account:7", "asset:1", 300), link("asset:4", "asset:1", 100),
            link("asset:1", "account:2", 400),
        ]});
        let page = sankey(&flows, 0).into_string();
        for thick in [150, 50, 200] {
            assert!(
                page.contains(&format!("stroke-width=\"{thick}\"")),
                "{thick} in {page}"
            );
        }
        assert!(sankey(&flows, 1).into_string().contains("Nobody"));
        assert!(
            sankey(&json!({"asset": 1, "links": []}), 0)
                .into_string()
                .contains("Nobody")
        );
    }
}
