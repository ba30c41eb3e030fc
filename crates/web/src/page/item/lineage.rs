//! What an asset is built on and what is built on it, who made it, and where its money went.

use maud::{Markup, html};
use serde_json::Value;

use super::super::part::Head::{Number, Text};
use super::super::part::{amount, number, tabled, text};
use super::super::words::Words;
use super::waiver::used;
use crate::chart::{Caption, Dag, Edge, Flow, Node, dag, sankey};
use crate::problem::Problem;

/// Edges in the table of the page; the file has all.
const EDGES: usize = 200;
/// Contributors in the table of the page.
const PEOPLE: usize = 100;

/// The lineage as a drawing and as a table.
pub(super) fn lineage(words: Words, tree: &Value) -> Markup {
    let own = number(&tree["asset"]);
    let list = |field: &str| tree[field].as_array().map_or(&[][..], Vec::as_slice);
    let node = |node: &Value| Node {
        id: number(&node["id"]),
        title: text(&node["title"]).to_owned(),
        kind: words.told("asset-kind", text(&node["kind"])),
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
        words,
        id: "lineage",
        title: words.say("common.lineage"),
        says: words.say("lineage.what-was-first-stands"),
        empty: words.say("lineage.it-is-built-on"),
    };
    html! {
        section {
            h2 { (words.say("common.lineage")) }
            (dag(caption, &graph, &table(words, list("edges"), &whole)))
            (used(words, list("waivers")))
            @if tree["cut"] == true {
                p.quiet { (words.say("lineage.there-are-more-generations")) }
            }
        }
    }
}

fn table(words: Words, edges: &[Value], whole: &str) -> Markup {
    html! {
        (tabled(&[
            Text(words.say("lineage.parent")),
            Text(words.say("lineage.child")),
            Text(words.say("lineage.pays")),
        ], &html! {
            @for edge in edges.iter().take(EDGES) {
                @let demand = &edge["demand"];
                tr {
                    td { (link(words, &edge["parent"])) }
                    td { (link(words, &edge["child"])) }
                    @let part = words.percent(number(&demand["ppm"]));
                    @let key = match text(&demand["kind"]) {
                        "floor" => "lineage.of-all-it-takes",
                        _ => "lineage.of-what-it-keeps",
                    };
                    td { (words.draw(key, &[("part", &part)])) }
                }
            }
        }))
        p.quiet {
            @if edges.len() > EDGES {
                (words.draw("lineage.these-are-the-first",
                    &[("shown", &EDGES), ("edges", &edges.len())])) " "
            }
            a href=(whole) { "CSV" }
        }
    }
}

fn link(words: Words, id: &Value) -> Markup {
    html! {
        a href={ "/assets/" (number(id)) } {
            (words.draw("common.asset", &[("asset", &number(id))]))
        }
    }
}

/// Who has a share in it.
pub(super) fn shares(words: Words, row: &Value) -> Markup {
    let shares = row["shares"].as_array().cloned().unwrap_or_default();
    let of = number(&row["total_shares"]).max(1);
    html! {
        @if !shares.is_empty() {
            section {
                h2 { (words.say("lineage.who-made-it")) }
                @if let Some(campaign) = row["campaign"].as_u64() {
                    p {
                        (words.draw("lineage.the-labels-come-from",
                            &[("campaigns", &html! {
                                a href={ "/campaigns/" (campaign) } { (words.draw("common.campaign",
                                    &[("campaign", &campaign)])) }
                            })]))
                    }
                }
                (tabled(&[
                    Text(words.say("shell.account")),
                    Number(words.say("lineage.share")),
                ], &html! {
                    @for share in shares.iter().take(PEOPLE) {
                        tr {
                            td { (number(&share[0])) }
                            td.num {
                                (words.percent(number(&share[1]).saturating_mul(1_000_000) / of))
                            }
                        }
                    }
                }))
                @if shares.len() > PEOPLE {
                    p.quiet {
                        (words.draw("lineage.these-are-of-contributors",
                            &[("shown", &PEOPLE), ("shares", &shares.len())]))
                    }
                }
            }
        }
    }
}

/// Where its money came from and went, token by token.
pub(super) fn revenue(words: Words, id: u64, flows: &Result<Value, Problem>) -> Markup {
    html! {
        section {
            h2 { (words.say("lineage.revenue")) }
            @match flows {
                Err(problem) => { p.empty { (words.why(problem)) } }
                Ok(flows) => {
                    @for sum in flows["sums"].as_array().into_iter().flatten() {
                        @let token = number(&sum["token"]);
                        (drawn(words, id, token, flows))
                        @if amount(&sum["waiting_units"]) > 0 {
                            p.quiet {
                                (words.draw("lineage.has-come-in-since",
                                    &[("sum", &words.money(amount(&sum["waiting_units"])))]))
                            }
                        }
                    }
                    p.quiet { a href={ "/api/v1/assets/" (id) "/revenue.csv" } { "CSV" } }
                }
            }
        }
    }
}

fn drawn(words: Words, id: u64, token: u64, flows: &Value) -> Markup {
    let own = format!("asset:{id}");
    let titles = flows["nodes"].as_array().into_iter().flatten();
    let name = |end: &str| {
        let mut titles = titles.clone();
        let known = titles.find(|node| node["id"] == end);
        match known.and_then(|node| node["title"].as_str()) {
            Some(title) => title.to_owned(),
            None if end.starts_with("contributors:") => {
                words.say("lineage.its-contributors").to_owned()
            }
            None => match end.strip_prefix("account:") {
                Some(account) => words.fill("common.account", &[("account", account)]),
                None => end.replace(':', " "),
            },
        }
    };
    let links = flows["links"].as_array().into_iter().flatten();
    let links = links.filter(|link| number(&link["token"]) == token);
    let flow = |link: &Value| {
        let came = text(&link["target"]) == own;
        let other = text(&link[if came { "source" } else { "target" }]);
        let settled = link["settled"] == true;
        let why = words.told("flow", text(&link["kind"]));
        Flow {
            name: name(other),
            path: other
                .strip_prefix("asset:")
                .map(|id| format!("/assets/{id}")),
            came,
            why: if settled {
                why
            } else {
                words.fill("lineage.waits", &[("why", &why)])
            },
            units: amount(&link["amount_units"]),
        }
    };
    let flows: Vec<Flow> = links.map(flow).collect();
    let (anchor, title) = (
        format!("money-{token}"),
        words.fill("lineage.money-in-token", &[("token", &token.to_string())]),
    );
    let caption = Caption {
        words,
        id: &anchor,
        title: &title,
        says: words.say("lineage.left-is-who-has"),
        empty: words.say("lineage.nobody-has-paid-for"),
    };
    sankey(
        caption,
        (words.say("lineage.this-asset"), &flows),
        Words::money,
    )
}
