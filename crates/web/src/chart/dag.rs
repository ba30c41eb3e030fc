//! A directed graph without cycles, layer by layer from what was first to what was built on it.
//!
//! Layers by longest path, order within a layer by the mean place of neighbours (Sugiyama, Tagawa,
//! Toda 1981, steps 1 and 3). What does not fit is one box for each layer, and said.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::{Caption, behind, caption, count, nothing, short};
use crate::page::Words;

/// Boxes of a layer that are drawn one by one.
const TALL: usize = 16;
/// Layers on each side of the own one that are drawn.
const FAR: usize = 10;
/// Times that layers are put in order, down and up.
const SWEEPS: usize = 2;
const BOX: (i64, i64) = (170, 38);
const STEP: (i64, i64) = (230, 54);

/// A graph around one of its nodes.
pub(crate) struct Dag<'a> {
    /// Ascending by number, in which order each node comes behind those it is built on.
    pub(crate) nodes: &'a [Node],
    /// From what is built on to what is built.
    pub(crate) edges: &'a [Edge],
    /// Number of the node that all is drawn around.
    pub(crate) own: u64,
    /// What the box of those that are not drawn leads to: the whole as a table.
    pub(crate) whole: &'a str,
}

/// A node.
pub(crate) struct Node {
    /// Its number.
    pub(crate) id: u64,
    /// Its name for people.
    pub(crate) title: String,
    /// What kind of thing it is, a word.
    pub(crate) kind: String,
    /// Where it leads.
    pub(crate) path: String,
}

/// An edge.
#[derive(Clone, Copy)]
pub(crate) struct Edge {
    /// What is built on.
    pub(crate) from: u64,
    /// What is built.
    pub(crate) to: u64,
}

/// Where nodes are drawn. Those that are not stand at the box of their layer.
struct Layout {
    /// Layer by layer, from top to bottom; `None` is the box of the others.
    layers: Vec<Vec<Option<u64>>>,
    /// How many stand in the box of a layer.
    others: Vec<usize>,
    /// Layer and row of every node that is near enough.
    places: BTreeMap<u64, (usize, usize)>,
    /// Nodes in layers that are too far away.
    far: usize,
}

/// The drawing of a graph, with `numbers` behind it.
pub(crate) fn dag(own: Caption<'_>, graph: &Dag<'_>, numbers: &Markup) -> Markup {
    if graph.edges.is_empty() || graph.nodes.is_empty() {
        return nothing(own);
    }
    let layout = Layout::of(graph);
    let titles: BTreeMap<u64, &Node> = graph.nodes.iter().map(|node| (node.id, node)).collect();
    let tall = layout.layers.iter().map(Vec::len).max().unwrap_or(1);
    let titled = own.words.fill("chart.titled", &[("title", own.title)]);
    let (width, height) = (
        STEP.0 * whole(layout.layers.len()) - (STEP.0 - BOX.0) + 8,
        STEP.1 * whole(tall) + 8,
    );
    html! {
        figure.chart id=(own.id) {
            (caption(own))
            div.graph-view {
                svg.dag viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height)
                    role="group" aria-label=(titled) data-pan="" {
                    @for (from, to) in layout.links(graph.edges) {
                        (curve(from, to))
                    }
                    @for (layer, nodes) in layout.layers.iter().enumerate() {
                        @for (row, id) in nodes.iter().enumerate() {
                            @let at = (STEP.0 * whole(layer) + 4, STEP.1 * whole(row) + 4);
                            @match id.and_then(|id| titles.get(&id)) {
                                Some(node) => { (drawn(node, at, node.id == graph.own)) }
                                None => {
                                    (others(own.words, layout.others[layer], at, graph.whole))
                                }
                            }
                        }
                    }
                }
            }
            @let hidden = layout.others.iter().sum::<usize>() + layout.far;
            @if hidden > 0 {
                p.quiet {
                    (own.words.draw("chart.drawn-are-of-those",
                        &[("shown", &count(own.words, graph.nodes.len().saturating_sub(hidden))),
                          ("all", &count(own.words, graph.nodes.len())),
                          ("link", &html! {
                              a href=(graph.whole) { (own.words.say("chart.all-of-them-as")) }
                          })]))
                }
            }
            (behind(own, numbers))
        }
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX / 1_000)
}

fn drawn(node: &Node, (x, y): (i64, i64), is_own: bool) -> Markup {
    let class = if is_own { "node own" } else { "node" };
    html! {
        a href=(node.path) {
            rect class=(class) x=(x) y=(y) width=(BOX.0) height=(BOX.1) rx="6" {
                title { (node.title) }
            }
            text.name x=(x + 10) y=(y + 17) { (short(&node.title, 20)) }
            text.tick x=(x + 10) y=(y + 31) { " " (node.kind) " " (node.id) }
        }
    }
}

fn others(words: Words, number: usize, (x, y): (i64, i64), path: &str) -> Markup {
    html! {
        a href=(path) {
            rect.node.others x=(x) y=(y) width=(BOX.0) height=(BOX.1) rx="6" {}
            text.name x=(x + 10) y=(y + 24) {
                (words.fill("chart.and-more", &[("count", &count(words, number))]))
            }
        }
    }
}

fn curve(from: (usize, usize), to: (usize, usize)) -> Markup {
    let place = |(layer, row): (usize, usize)| (STEP.0 * whole(layer), STEP.1 * whole(row));
    let ((x1, y1), (x2, y2)) = (place(from), place(to));
    let (x1, y1, x2, y2) = (
        x1 + BOX.0 + 4,
        y1 + BOX.1 / 2 + 4,
        x2 + 4,
        y2 + BOX.1 / 2 + 4,
    );
    let middle = i64::midpoint(x1, x2);
    html! { path.edge d=(format!("M{x1} {y1} C{middle} {y1}, {middle} {y2}, {x2} {y2}")) {} }
}

impl Layout {
    fn of(graph: &Dag<'_>) -> Self {
        let known: BTreeSet<u64> = graph.nodes.iter().map(|node| node.id).collect();
        // An edge that leads nowhere, or back, is no edge of such a graph.
        let fits = |edge: &&Edge| {
            edge.from < edge.to && known.contains(&edge.from) && known.contains(&edge.to)
        };
        let edges: Vec<Edge> = graph.edges.iter().filter(fits).copied().collect();
        let depths = depths(&known, &edges);
        let own = depths.get(&graph.own).copied().unwrap_or(0);
        let (first, last) = (own.saturating_sub(FAR), own.saturating_add(FAR));
        let near = |depth: usize| (first..=last).contains(&depth);
        let mut layers: Vec<Vec<u64>> = Vec::new();
        for (id, depth) in depths.iter().filter(|(_, depth)| near(**depth)) {
            let layer = depth - first;
            layers.resize_with(layers.len().max(layer + 1), Vec::new);
            layers[layer].push(*id);
        }
        let far = depths.values().filter(|depth| !near(**depth)).count();
        order(&mut layers, &edges);
        Self::cut(layers, &edges, (graph.own, far))
    }

    /// Keeps the own node and its neighbours before others, in the order that they have.
    fn cut(layers: Vec<Vec<u64>>, edges: &[Edge], (own, far): (u64, usize)) -> Self {
        let beside = edges.iter().filter_map(|edge| match (edge.from, edge.to) {
            (from, to) if to == own => Some(from),
            (from, to) if from == own => Some(to),
            _ => None,
        });
        let beside: BTreeSet<u64> = beside.collect();
        let mut layout = Self {
            layers: Vec::new(),
            others: Vec::new(),
            places: BTreeMap::new(),
            far,
        };
        for (layer, ids) in layers.into_iter().enumerate() {
            let rank = |id: &u64| (*id != own, !beside.contains(id));
            let mut ranked = ids.clone();
            ranked.sort_by_key(rank);
            let most = if ids.len() > TALL { TALL - 1 } else { TALL };
            let kept: BTreeSet<u64> = ranked.into_iter().take(most).collect();
            let mut rows: Vec<Option<u64>> = Vec::new();
            for id in ids.iter().filter(|id| kept.contains(id)) {
                layout.places.insert(*id, (layer, rows.len()));
                rows.push(Some(*id));
            }
            let others = ids.len() - rows.len();
            for id in ids.iter().filter(|id| !kept.contains(id)) {
                layout.places.insert(*id, (layer, rows.len()));
            }
            if others > 0 {
                rows.push(None);
            }
            layout.layers.push(rows);
            layout.others.push(others);
        }
        layout
    }

    /// Places that are linked, each pair once.
    fn links(&self, edges: &[Edge]) -> BTreeSet<((usize, usize), (usize, usize))> {
        let ends = |edge: &Edge| Some((*self.places.get(&edge.from)?, *self.places.get(&edge.to)?));
        edges
            .iter()
            .filter_map(ends)
            .filter(|(from, to)| from.0 < to.0)
            .collect()
    }
}

/// How many edges the longest way to a node has.
fn depths(known: &BTreeSet<u64>, edges: &[Edge]) -> BTreeMap<u64, usize> {
    let mut above: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for edge in edges {
        above.entry(edge.to).or_default().push(edge.from);
    }
    let mut depths: BTreeMap<u64, usize> = BTreeMap::new();
    // Ascending: all that a node is built on has its depth.
    for id in known {
        let parents = above.get(id).into_iter().flatten();
        let deepest = parents.filter_map(|parent| depths.get(parent)).max();
        let depth = deepest.map_or(0, |deepest| deepest + 1);
        depths.insert(*id, depth);
    }
    depths
}

/// Puts each layer in the order of its neighbours' mean places, down and up in turn.
fn order(layers: &mut [Vec<u64>], edges: &[Edge]) {
    let mut neighbours: BTreeMap<u64, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
    for edge in edges {
        neighbours.entry(edge.to).or_default().0.push(edge.from);
        neighbours.entry(edge.from).or_default().1.push(edge.to);
    }
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    let note = |places: &mut BTreeMap<u64, usize>, layer: &[u64]| {
        places.extend(layer.iter().enumerate().map(|(row, id)| (*id, row)));
    };
    layers.iter().for_each(|layer| note(&mut places, layer));
    for sweep in 0..2 * SWEEPS {
        let downward = sweep % 2 == 0;
        let count = layers.len();
        for turn in 0..count {
            let at = if downward { turn } else { count - 1 - turn };
            let mean = |id: &u64| {
                let (above, below) = neighbours.get(id)?;
                let beside = if downward { above } else { below };
                let known: Vec<usize> = beside
                    .iter()
                    .filter_map(|id| places.get(id).copied())
                    .collect();
                // In thousandths of a row, so that order never rests on a fraction.
                (!known.is_empty()).then(|| known.iter().sum::<usize>() * 1_000 / known.len())
            };
            let mut ranked: Vec<(usize, u64)> = layers[at]
                .iter()
                .enumerate()
                .map(|(row, id)| (mean(id).unwrap_or(row * 1_000), *id))
                .collect();
            ranked.sort_unstable();
            layers[at] = ranked.into_iter().map(|(_, id)| id).collect();
            note(&mut places, &layers[at]);
        }
    }
}
