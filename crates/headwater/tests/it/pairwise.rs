//! `quality rank` and `quality agree`: words, JSON, files, pictures, tables that say too little.

use crate::run::{feed, headwater, normal, text};
use expect_test::expect_file;
use std::fs;
use std::path::Path;

/// Seven items of falling strength; neighbours in the list lose now and then, some tie.
fn votes() -> String {
    let mut table = "worker,left,right,winner\n".to_owned();
    for left in 0..7_u32 {
        for right in 0..7_u32 {
            if left == right {
                continue;
            }
            for vote in 0..6_u32 {
                let odd = (left * 5 + right * 3 + vote * 7) % 11;
                let winner = match odd {
                    0..2 => "tie".to_owned(),
                    2..4 => format!("item {}", left.max(right)),
                    _ if left < right => "left".to_owned(),
                    _ => "right".to_owned(),
                };
                table += &format!("w{},item {left},item {right},{winner}\n", vote % 3);
            }
        }
    }
    table
}

const RATINGS: &str = "task,worker,label\nt1,ann,1\nt1,bob,1\nt2,ann,2\nt2,bob,3\nt3,ann,10\n\
                       t3,bob,10\nt4,ann,3\nt4,bob,2\nt5,ann,1\nt5,bob,1\nt6,ann,2\n";

fn asked(folder: &Path, question: &str, table: &str, more: &[&str]) -> crate::run::Ran {
    let path = folder.join("table.csv");
    fs::write(&path, table).unwrap();
    let args = ["quality", question, text(&path)];
    headwater(args.iter().chain(more))
}

#[test]
fn a_ranking_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut words = String::new();
    let half: &[&str] = &[];
    let draws = [
        "--ties",
        "davidson",
        "--interval",
        "bootstrap",
        "--resamples",
        "50",
    ];
    for more in [half, &draws] {
        words += &asked(folder.path(), "rank", &votes(), more).good();
        words += "\n";
    }
    expect_file!["words/rank.txt"].assert_eq(&words);
}

#[test]
fn agreement_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let words = asked(folder.path(), "agree", RATINGS, &[]).good();
    expect_file!["words/agree.txt"].assert_eq(&words);
}

#[test]
fn json_and_files_hold_the_same_items() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (out, svg, page, voters) = (at("o.csv"), at("svg"), at("page.html"), at("voters.jsonl"));
    let files = [
        "--output",
        text(&out),
        "--svg",
        text(&svg),
        "--report",
        text(&page),
    ];
    let more = ["--json", "--workers", text(&voters)];
    let more: Vec<&str> = files.into_iter().chain(more).collect();
    let json = asked(folder.path(), "rank", &votes(), &more).json();
    let items = json["items"].as_array().unwrap();
    assert_eq!(items.len(), 7);
    assert_eq!(json["comparisons"], 252);
    for (place, item) in (1_u64..).zip(items) {
        let number = |field: &str| item[field].as_f64().unwrap();
        assert!(number("low") < number("rating") && number("rating") < number("high"));
        assert!(item["best_rank"].as_u64().unwrap() <= place);
        assert!(place <= item["worst_rank"].as_u64().unwrap());
    }
    let mean = items
        .iter()
        .map(|item| item["rating"].as_f64().unwrap())
        .sum::<f64>()
        / 7.0;
    assert!((mean - 1_000.0).abs() < 1e-6, "{mean}");
    assert_eq!(json["robustness"]["top"], items[0]["item"]);
    assert_eq!(json["next"].as_array().unwrap().len(), 3);
    assert_eq!(json["workers"].as_array().unwrap().len(), 3);
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 8);
    assert_eq!(fs::read_to_string(&voters).unwrap().lines().count(), 3);
    let picture = fs::read_to_string(svg.join("intervals.svg")).unwrap();
    assert!(picture.contains("item 0") && picture.contains("item 6"));
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.contains("Who is ahead") && page.contains("bias_left"));

    let json = asked(
        folder.path(),
        "agree",
        RATINGS,
        &["--json", "--svg", text(&svg)],
    )
    .json();
    let measures = json["measures"].as_array().unwrap();
    assert_eq!(measures.len(), 9);
    assert_eq!(json["labels"], serde_json::json!(["1", "2", "3", "10"]));
    let inside = |it: &serde_json::Value| {
        it["low"].as_f64() <= it["value"].as_f64() && it["value"].as_f64() <= it["high"].as_f64()
    };
    assert!(measures.iter().all(inside), "{measures:?}");
}

#[test]
fn threads_and_standard_input_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let more = |threads| {
        [
            "--interval",
            "bootstrap",
            "--resamples",
            "40",
            "--json",
            "--threads",
            threads,
        ]
    };
    let one = asked(folder.path(), "rank", &votes(), &more("1")).good();
    assert_eq!(
        one,
        asked(folder.path(), "rank", &votes(), &more("3")).good()
    );
    let piped = ["quality", "rank", "-"]
        .iter()
        .chain(&more("2"))
        .copied()
        .collect::<Vec<_>>();
    assert_eq!(one, feed(piped, votes().as_bytes()).good());
}

#[test]
fn groups_and_priors_give_ratings_where_all_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let head = "left,right,winner\n";
    let apart = format!("{head}a,b,a\nb,a,b\nb,c,tie\nx,y,tie\n");
    let json = asked(folder.path(), "rank", &apart, &["--largest", "--json"]).json();
    assert_eq!(
        (json["left_out"].as_u64(), json["comparisons"].as_u64()),
        (Some(2), Some(3))
    );
    let lost = format!("{head}a,b,left\nb,c,left\n");
    let json = asked(folder.path(), "rank", &lost, &["--ridge", "0.1", "--json"]).json();
    let names: Vec<_> = json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["item"])
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
    let styled = "left,right,winner,longer\na,b,left,1\nb,a,left,2\na,b,right,-1\nb,a,right,1\n\
                  a,b,tie,0.5\nb,a,left,-1\n";
    let json = asked(
        folder.path(),
        "rank",
        styled,
        &["--style", "longer", "--json"],
    )
    .json();
    assert!(
        json["styles"][0]["coefficient"].as_f64().unwrap() > 0.0,
        "{json}"
    );
}

#[test]
fn tables_that_say_too_little_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let head = "left,right,winner\n";
    let rank: &[(&str, &[&str])] = &[
        ("", &[]),
        ("a,b,left\na,b,c\n", &[]),
        ("a,a,left\n", &[]),
        ("a,,left\n", &[]),
        ("a,b,tie\nc,d,tie\n", &[]),
        ("a,b,left\nb,c,left\n", &[]),
        ("a,b,tie\n", &["--ties", "davidson"]),
        ("a,b,tie\n", &["--ridge", "nan"]),
        ("a,b,tie\n", &["--workers", "w.csv"]),
        ("a,b,tie\n", &["--column", "weight=winner"]),
    ];
    let mut words = String::new();
    for (rows, more) in rank {
        let said = asked(folder.path(), "rank", &format!("{head}{rows}"), more).bad(2);
        words += &normal(&format!("{said}\n"), folder.path());
    }
    let head = "task,worker,label\n";
    let agree: &[(&str, &[&str])] = &[
        ("", &[]),
        ("t1,w1,a\nt2,w2,a\n", &[]),
        ("t1,w1,a\nt1,w2,a\n", &[]),
        ("t1,w1,a\nt1,w2,b\n", &["--scale", "interval"]),
        ("t1,w1,-1\nt1,w2,1\n", &["--scale", "ratio"]),
        ("t1,w1,a\nt1,w2,b\n", &["--order", "a"]),
        ("t1,w1,a\nt1,w2,b\n", &["--pair", "w1", "w9"]),
    ];
    for (rows, more) in agree {
        let said = asked(folder.path(), "agree", &format!("{head}{rows}"), more).bad(2);
        words += &normal(&format!("{said}\n"), folder.path());
    }
    expect_file!["words/pairwise_bad.txt"].assert_eq(&words);
}

#[test]
fn the_public_comparisons_work_as_they_are() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/crowd/llmfao_pairs/pairs.csv");
    if !table.is_file() {
        eprintln!("skipped: there are no public comparisons at ../shared/data/crowd");
        return;
    }
    let json = headwater(["quality", "rank", text(&table), "--json"]).json();
    assert_eq!(json["comparisons"], 8_931);
    assert_eq!(json["items"][0]["item"], "GPT 4");
    let items = json["items"].as_array().unwrap().len();
    assert_eq!(items, 59);
}
