//! Which items the comparisons put on one scale: connected and mutually reachable groups.

use super::Tally;

/// A partition of the items; groups are numbered in the order of their smallest item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Group of each item.
    pub of: Vec<u32>,
    /// Number of groups.
    pub count: u32,
}

impl Groups {
    /// Items of the largest group, the first of them on a tie.
    pub fn largest(&self) -> Vec<u32> {
        let mut sizes = vec![0_u32; self.count as usize];
        self.of.iter().for_each(|group| sizes[*group as usize] += 1);
        let most = sizes.iter().max();
        let largest = sizes.iter().position(|size| Some(size) == most);
        let item = |(item, group): (u32, &u32)| (Some(*group as usize) == largest).then_some(item);
        (0..).zip(&self.of).filter_map(item).collect()
    }
}

/// Groups of items that are connected by comparisons, whatever their outcome.
pub fn connected(tally: &Tally) -> Groups {
    joined(tally, |_| true)
}

/// Groups within which a chain of points leads from every item to every other.
///
/// Bradley-Terry ratings without a prior are finite exactly where there is one such group (Ford
/// 1957; ties are half a point for both).
pub fn mutual(tally: &Tally) -> Groups {
    // Most often the pairs in which both scored connect everything.
    let groups = joined(tally, |edge| {
        edge.points() > 0.0 && edge.points() < edge.total()
    });
    if groups.count <= 1 {
        return groups;
    }
    let mut arcs = Vec::new();
    for edge in &tally.edges {
        if edge.points() > 0.0 {
            arcs.push((edge.first, edge.second));
        }
        if edge.points() < edge.total() {
            arcs.push((edge.second, edge.first));
        }
    }
    strong(tally.items, &arcs)
}

/// Groups of pairs that had winners on both sides of a cycle of wins.
pub(crate) fn cycles(tally: &Tally) -> Groups {
    let mut arcs = Vec::new();
    for edge in &tally.edges {
        if edge.weight[0] > 0.0 {
            arcs.push((edge.first, edge.second));
        }
        if edge.weight[1] > 0.0 {
            arcs.push((edge.second, edge.first));
        }
    }
    strong(tally.items, &arcs)
}

/// Groups joined by the edges that `counts` picks (union and find with path halving).
fn joined(tally: &Tally, counts: impl Fn(&super::Edge) -> bool) -> Groups {
    let mut parent: Vec<u32> = (0..tally.items).collect();
    let mut left = tally.items;
    for edge in &tally.edges {
        if left <= 1 {
            break;
        }
        // Most pairs are joined already, most often with the same parent.
        let known = parent[edge.first as usize] == parent[edge.second as usize];
        if known || !counts(edge) {
            continue;
        }
        let (a, b) = (
            root(&mut parent, edge.first),
            root(&mut parent, edge.second),
        );
        if a != b {
            parent[a.max(b) as usize] = a.min(b);
            left -= 1;
        }
    }
    let roots = (0..tally.items).map(|item| root(&mut parent, item));
    numbered(roots.collect())
}

fn root(parent: &mut [u32], mut item: u32) -> u32 {
    while parent[item as usize] != item {
        let above = parent[parent[item as usize] as usize];
        parent[item as usize] = above;
        item = above;
    }
    item
}

/// Groups numbered by their first item, from any marks.
fn numbered(marks: Vec<u32>) -> Groups {
    let mut numbers = vec![u32::MAX; marks.len()];
    let mut count = 0;
    let of = marks
        .into_iter()
        .map(|mark| {
            let number = &mut numbers[mark as usize];
            if *number == u32::MAX {
                *number = count;
                count += 1;
            }
            *number
        })
        .collect();
    Groups { of, count }
}

/// Strongly connected groups (Kosaraju and Sharir: two depth-first passes, without recursion).
fn strong(items: u32, arcs: &[(u32, u32)]) -> Groups {
    let ahead = Arcs::new(items, arcs.iter().copied());
    let back = Arcs::new(items, arcs.iter().map(|(from, to)| (*to, *from)));
    let mut finished = Vec::with_capacity(items as usize);
    let mut seen = vec![false; items as usize];
    for item in 0..items {
        ahead.walk(item, &mut seen, |done| finished.push(done));
    }
    let mut marks = vec![0; items as usize];
    seen.fill(false);
    for item in finished.into_iter().rev() {
        back.walk(item, &mut seen, |done| marks[done as usize] = item);
    }
    numbered(marks)
}

/// Arcs by their start.
struct Arcs {
    starts: Vec<usize>,
    ends: Vec<u32>,
}

impl Arcs {
    fn new(items: u32, arcs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut arcs: Vec<_> = arcs.collect();
        arcs.sort_unstable();
        let starts = (0..=items).map(|item| arcs.partition_point(|arc| arc.0 < item));
        Self {
            starts: starts.collect(),
            ends: arcs.iter().map(|arc| arc.1).collect(),
        }
    }

    /// Visits what is reachable from `item` and not `seen`, telling each when all behind it is.
    fn walk(&self, item: u32, seen: &mut [bool], mut done: impl FnMut(u32)) {
        if core::mem::replace(&mut seen[item as usize], true) {
            return;
        }
        let mut path = vec![(item, self.starts[item as usize])];
        while let Some((item, next)) = path.last_mut() {
            if *next == self.starts[*item as usize + 1] {
                done(*item);
                path.pop();
                continue;
            }
            let to = self.ends[*next];
            *next += 1;
            if !core::mem::replace(&mut seen[to as usize], true) {
                path.push((to, self.starts[to as usize]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Counts, Outcome, Tally};
    use super::*;

    fn tally(items: u32, rows: &[(u32, u32, Outcome)]) -> Tally {
        let mut counts = Counts::new(items).expect("few items");
        for (left, right, outcome) in rows {
            counts.add(*left, *right, *outcome).expect("in bounds");
        }
        counts.tally()
    }

    #[test]
    fn groups_are_numbered_by_their_first_item() {
        let found = connected(&tally(
            5,
            &[
                (4, 1, Outcome::Left),
                (2, 3, Outcome::Tie),
                (3, 2, Outcome::Left),
            ],
        ));
        assert_eq!(found.of, [0, 1, 2, 2, 1]);
        assert_eq!(found.count, 3);
        assert_eq!(found.largest(), [1, 4]);
        assert_eq!(connected(&tally(0, &[])).count, 0);
    }

    #[test]
    fn points_must_lead_both_ways() {
        let cycle = [
            (0, 1, Outcome::Left),
            (1, 2, Outcome::Left),
            (2, 0, Outcome::Left),
            (3, 0, Outcome::Left),
        ];
        assert_eq!(mutual(&tally(4, &cycle)).of, [0, 0, 0, 1]);
        assert_eq!(mutual(&tally(4, &cycle[..2])).count, 4);
        let ties = [(0, 1, Outcome::Tie), (1, 2, Outcome::Tie)];
        assert_eq!(mutual(&tally(3, &ties)).count, 1);
        assert_eq!(cycles(&tally(3, &ties)).count, 3);
    }
}
