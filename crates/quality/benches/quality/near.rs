//! Near-duplicates beside datasketch and rensa: 20,000 texts, most of them edited copies.

use std::fs;

use quality::near::{Settings, Sketch, clusters, shingles};
use quality::parallel::Threads;
use quality::random::Random;

use crate::table::{Goal, Table};
use crate::{Outcome, clock, peer};

const ORIGINALS: u32 = 5_000;
const COPIES: u32 = 15_000;
/// Shares of the words that are replaced in copies, in turn.
const RATES: [f64; 4] = [0.02, 0.1, 0.25, 0.5];

/// Sketches and clusters, with the share of copies that are found by how much they were edited.
pub fn measure(table: &mut Table) -> Outcome {
    let (texts, sources) = corpus();
    let folder = peer::scratch("near")?;
    let file = folder.join("texts.txt");
    fs::write(&file, texts.join("\n"))?;
    let file = file.display().to_string();
    let peer = peer::Peer::new("near");
    let cut = || {
        texts
            .iter()
            .map(|text| shingles(text, 3))
            .collect::<Vec<_>>()
    };
    let (documents, cutting) = clock::time(cut);
    let count: usize = documents.iter().map(Vec::len).sum();
    let draw = || {
        documents
            .iter()
            .map(|set| Sketch::new(set))
            .collect::<Vec<_>>()
    };
    let (_, sketching) = clock::median(draw);
    for (name, goal) in [
        ("datasketch", Goal::Both(10.0, 0.3)),
        ("rensa", Goal::Seconds(0.3)),
    ] {
        let said = peer.cpu_s(&[name, &file]);
        let row = format!("128 MinHashes of {count} shingles; {name}");
        table.seconds(&row, cutting.cpu_s + sketching.cpu_s, &said, goal);
    }
    let row = "of which cutting texts into shingles";
    table.seconds(row, cutting.cpu_s, &Err(String::new()), Goal::None);
    let settings = Settings {
        threshold_ppm: 500_000,
        threads: Threads::ONE,
    };
    let (found, spent) = clock::time(|| clusters(&documents, settings).expect("valid"));
    let row = "sketches, bands and exact checks at 0.5";
    table.seconds(row, spent.cpu_s, &Err(String::new()), Goal::None);
    let exact = |copy: usize| quality::near::jaccard(&documents[copy], &documents[sources[copy]]);
    for (place, rate) in RATES.iter().enumerate() {
        let copies = (ORIGINALS as usize..documents.len()).filter(|copy| copy % 4 == place);
        let alike: Vec<usize> = copies.filter(|copy| exact(*copy) >= 500_000).collect();
        let met = |copy: &&usize| found.first[**copy] == found.first[sources[**copy]];
        let met = alike.iter().filter(met).count();
        let row = format!(
            "pairs of Jaccard >= 0.5 met, {:.0} % of words edited",
            rate * 100.0
        );
        let own = format!("{met} of {}", alike.len());
        table.fact(
            &row,
            [&own, ""],
            ">= 99 %",
            Some(met * 100 >= alike.len() * 99),
        );
    }
    Ok(())
}

/// Texts of 60 to 180 words of a Zipf vocabulary, and per text its original.
fn corpus() -> (Vec<String>, Vec<usize>) {
    let mut random = Random::new(0, 0);
    let mut below = Vec::new();
    let mut total = 0.0;
    for rank in 1..=30_000 {
        total += 1.0 / f64::powf(f64::from(rank), 1.05);
        below.push(total);
    }
    let word = |random: &mut Random| below.partition_point(|sum| *sum < random.unit() * total);
    let mut words: Vec<Vec<usize>> = Vec::new();
    for _ in 0..ORIGINALS {
        let length = 60 + random.below(120);
        words.push((0..length).map(|_| word(&mut random)).collect());
    }
    let mut sources: Vec<usize> = (0..ORIGINALS as usize).collect();
    for copy in ORIGINALS..ORIGINALS + COPIES {
        let source = random.below(ORIGINALS) as usize;
        let mut text = words[source].clone();
        for own in &mut text {
            if random.unit() < RATES[copy as usize % 4] {
                *own = word(&mut random);
            }
        }
        sources.push(source);
        words.push(text);
    }
    let spelled = |words: &Vec<usize>| {
        let words: Vec<String> = words.iter().map(usize::to_string).collect();
        words.join(" ")
    };
    (words.iter().map(spelled).collect(), sources)
}
