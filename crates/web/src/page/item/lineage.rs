//! What an asset is built on and what is built on it, who made it, and where its money went.

use maud::{Markup, html};
use serde_json::Value;

use super::super::part::Head::{Number, Text};
use super::super::part::{amount, money, number, percent, tabled, text};
use crate::chart::{Caption, Dag, Edge, Flow, Node, dag, sankey};
use crate::problem::Problem;

/// Edges in the table of the page; the file has all.
const EDGES: usize = 200;
/// Contributors in the table of the page.
const PEOPLE: usize = 100;

/// The lineage as a drawing and as a table.
pub(super) fn lineage(tree: &Value) -> Markup {
    let own = number(&tree["asset"]);
    let list = |field: &str| tree[field].as_array().map_or(&[][..], Vec::as_slice);
    let node = |node: &Value| Node {
        id: number(&node["id"]),
        title: text(&node["title"]).to_owned(),
        kind: text(&node["kind"]).replace('_', " "),
        path: format!("/assets/{}", node["id"]),
    };
    let nodes: Vec<Node> = list("nodes").iter().map(node).collect();
    let ends = |edge: &Value| Edge {
        from: number(&edge["parent"]),
        to: number(&edge["child"]),
    };
    let edges: Vec<Edge> = list("edges").iter().map(ends).collect();
    let whole = format!("/api/v1/assets/{own}/lineage.csv");
    let graph = Dag {
        nodes: &nodes,
        edges: &edges,
        own,
        whole: &whole,
    };
    let caption = Caption {
        id: "lineage",
        title: "Lineage",
        says: "What was first stands left; a line leads from what is built on to what is built.",
        empty: "It is built on nothing, and nothing is built on it.",
    };
    html! {
        section {
            h2 { "Lineage" }
            (dag(caption, &graph, &table(list("edges"), &whole)))
            @if tree["cut"] == true {
                p.quiet { "There are more generations than were looked at." }
            }
        }
    }
}

fn table(edges: &[Value], whole: &str) -> Markup {
    html! {
        (tabled(&[Text("Parent"), Text("Child"), Text("Pays")], &html! {
            @for edge in edges.iter().take(EDGES) {
                @let demand = &edge["demand"];
                tr {
                    td { (link(&edge["parent"])) }
                    td { (link(&edge["child"])) }
                    td { (percent(number(&demand["ppm"]))) " "
                        @if demand["kind"] == "floor" { "of all it takes" }
                        @else { "of what it keeps" } }
                }
            }
        }))
        p.quiet {
            @if edges.len() > EDGES { "These are the first " (EDGES) " of " (edges.len()) ". " }
            a href=(whole) { "CSV" }
        }
    }
}

fn link(id: &Value) -> Markup {
    html! { a href={ "/assets/" (number(id)) } { "asset " (number(id)) } }
}

/// Who has a share in it.
pub(super) fn shares(row: &Value) -> Markup {
    let shares = row["shares"].as_array().cloned().unwrap_or_default();
    let of = number(&row["total_shares"]).max(1);
    html! {
        @if !shares.is_empty() {
            section {
                h2 { "Who made it" }
                @if let Some(campaign) = row["campaign"].as_u64() {
                    p { "The labels come from "
                        a href={ "/campaigns/" (campaign) } { "campaign " (campaign) } "." }
                }
                (tabled(&[Text("Account"), Number("Share")], &html! {
                    @for share in shares.iter().take(PEOPLE) {
                        tr {
                            td { (number(&share[0])) }
                            td.num { (percent(number(&share[1]).saturating_mul(1_000_000) / of)) }
                        }
                    }
                }))
                @if shares.len() > PEOPLE {
                    p.quiet { "These are " (PEOPLE) " of " (shares.len()) " contributors." }
                }
            }
        }
    }
}

/// Where its money came from and went, token by token.
pub(super) fn revenue(id: u64, flows: &Result<Value, Problem>) -> Markup {
    html! {
        section {
            h2 { "Revenue" }
            @match flows {
                Err(problem) => { p.empty { (problem.detail()) "." } }
                Ok(flows) => {
                    @for sum in flows["sums"].as_array().into_iter().flatten() {
                        @let token = number(&sum["token"]);
                        (drawn(id, token, flows))
                        @if amount(&sum["waiting_units"]) > 0 {
                            p.quiet { (money(amount(&sum["waiting_units"])))
                                " has come in since the last epoch and is passed on when this "
                                "one closes." }
                        }
                    }
                    p.quiet { a href={ "/api/v1/assets/" (id) "/revenue.csv" } { "CSV" } }
                }
            }
        }
    }
}

fn drawn(id: u64, token: u64, flows: &Value) -> Markup {
    let own = format!("asset:{id}");
    let titles = flows["nodes"].as_array().into_iter().flatten();
    let name = |end: &str| {
        let mut titles = titles.clone();
        let known = titles.find(|node| node["id"] == end);
        match known.and_then(|node| node["title"].as_str()) {
            Some(title) => title.to_owned(),
            None if end.starts_with("contributors:") => "its contributors".to_owned(),
            None => end.replace(':', " "),
        }
    };
    let links = flows["links"].as_array().into_iter().flatten();
    let links = links.filter(|link| number(&link["token"]) == token);
    let flow = |link: &Value| {
        let came = text(&link["target"]) == own;
        let other = text(&link[if came { "source" } else { "target" }]);
        let settled = link["settled"] == true;
        Flow {
            name: name(other),
            path: other
                .strip_prefix("asset:")
                .map(|id| format!("/assets/{id}")),
            came,
            why: format!(
                "{}{}",
                text(&link["kind"]),
                if settled { "" } else { ", waits for the epoch" }
            ),
            units: amount(&link["amount_units"]),
        }
    };
    let flows: Vec<Flow> = links.map(flow).collect();
    let (anchor, title) = (format!("money-{token}"), format!("Money in token {token}"));
    let caption = Caption {
        id: &anchor,
        title: &title,
        says: "Left is who has paid, right who was paid; a link is as thick as its sum.",
        empty: "Nobody has paid for this asset yet.",
    };
    sankey(caption, ("this asset", &flows), money)
}
