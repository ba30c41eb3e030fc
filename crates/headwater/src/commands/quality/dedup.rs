//! `headwater quality dedup`: which texts say the same as an earlier one.

use super::answers::{read, want};
use super::grid::{Grid, Side};
use super::output::Output;
use super::page::Page;
use crate::cli::quality::Dedup;
use crate::words::{Paint, plural};
use anyhow::{Result, ensure};
use quality::near::{Clusters, Settings, clusters, jaccard, shingles};
use quality::parallel::Threads;
use serde_json::json;
use table::{Coded, Column, Want};

const ID: Want<'static> = want("id", "which text it is");
const TEXT: Want<'static> = want("text", "the text itself");

/// Finds the clusters, and writes them in all forms that were asked for.
pub fn run(args: &Dedup) -> Result<()> {
    ensure!(
        args.threshold > 0.0 && args.threshold <= 1.0,
        "the threshold is above 0 and at most 1"
    );
    ensure!(args.words > 0, "a run has one word or more");
    let sheet = read(&args.sheets.file, &args.sheets, &[ID, TEXT], false)?;
    let (id, text) = (sheet.column(ID.role), sheet.column(TEXT.role));
    let documents: Vec<Vec<u64>> = (0..sheet.rows())
        .map(|row| shingles(text.text(row), args.words))
        .collect();
    let settings = Settings {
        threshold_ppm: ((args.threshold * 1e6).round() as u32).max(1),
        threads: Threads::new(args.threads),
    };
    let found = clusters(&documents, settings)?;
    let all: Vec<u32> = (0..sheet.rows() as u32).collect();
    let names = |rows: &[u32]| {
        let names = rows.iter().map(|row| id.text(*row as usize).to_owned());
        names.collect()
    };
    let alike = |row: &u32| {
        let first = found.first[*row as usize];
        if first == *row {
            return 1.0;
        }
        f64::from(jaccard(
            &documents[first as usize],
            &documents[*row as usize],
        )) / 1e6
    };
    let rows = [
        Column::texts("id", names(&all)),
        Column::texts("first", names(&found.first)),
        Column::reals("similarity", all.iter().map(alike).collect()),
    ];
    let (copies, groups) = (copies(&found), groups(&found));
    let json = json!({
        "texts": table::write::objects(&rows),
        "near_duplicates": copies.len(),
        "clusters": groups.len(),
        "algorithm": "minhash 128, checked by exact Jaccard",
    });
    let output = Output {
        rows: &rows,
        json,
        words: words(id, copies.len(), &groups),
        pictures: &[],
        page: page(copies.len(), &rows),
    };
    output.write(&args.sheets)
}

fn words(id: &Coded, copies: usize, groups: &[(u32, usize)]) -> String {
    let size = format!(
        "{}, {} of an earlier one",
        plural(id.codes.len() as u64, "text"),
        plural(copies as u64, "near-duplicate"),
    );
    let paint = Paint::new();
    if groups.is_empty() {
        return format!("{}\n", paint.bold(&size));
    }
    let mut grid = Grid::new(&[("first", Side::Left), ("texts", Side::Right)]);
    for (first, count) in groups.iter().take(12) {
        grid.row([id.text(*first as usize).to_owned(), count.to_string()]);
    }
    let (head, heading) = (paint.bold(&size), paint.bold("Largest clusters"));
    format!("{head}\n\n{heading}\n{}", grid.lines(paint))
}

fn page(copies: usize, rows: &[Column]) -> Page<'_> {
    let meaning = "texts that repeat an earlier one".to_owned();
    Page {
        title: "What was said twice".to_owned(),
        findings: vec![(copies.to_string(), meaning)],
        pictures: &[],
        tables: vec![("Texts", rows)],
        small_print: vec![
            "The similarity is that to the first text of the cluster, which may be connected over \
             others in between."
                .to_owned(),
        ],
    }
}

/// Rows that are not the first of their cluster.
fn copies(found: &Clusters) -> Vec<u32> {
    let rows = found.first.iter().zip(0..);
    rows.filter(|(first, row)| **first != *row)
        .map(|(_, row)| row)
        .collect()
}

/// First rows of the clusters of two and more with their sizes, the largest first.
fn groups(found: &Clusters) -> Vec<(u32, usize)> {
    let mut sizes = vec![0; found.first.len()];
    for first in &found.first {
        sizes[*first as usize] += 1;
    }
    let mut groups: Vec<(u32, usize)> = (0..).zip(sizes).filter(|group| group.1 > 1).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.1));
    groups
}
