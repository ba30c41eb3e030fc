//! What a requester takes home: labels and accepted answers as CSV, JSON Lines and Parquet.

use crate::export::{AnswerRow, ExportRow, write_csv, write_jsonl};
use anyhow::{Context as _, Result};
use ledger::work::Campaign;
use node::Node;
use protocol::document::Units;
use protocol::{CampaignId, codec};
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use table::{Column, parquet};

/// Writes a closed campaign under `exports/` of the data directory; returns the folder.
pub fn write(node: &Node, dir: &Path, id: CampaignId) -> Result<PathBuf> {
    let campaign = node.state().campaign(id).context("the campaign exists")?;
    let units = node.store().attachments().read(&campaign.spec.units.0)?;
    let units: Units = codec::decode(&units).context("the units do not decode")?;
    let folder = dir
        .join("exports")
        .join(format!("{id}-{}", slug(&campaign.spec.title)));
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let create = |name: &str| -> Result<BufWriter<File>> {
        let path = folder.join(name);
        let file = File::create(&path)
            .with_context(|| format!("cannot write the export `{}`", path.display()))?;
        Ok(BufWriter::new(file))
    };
    let labels = labels(campaign, &units);
    write_csv(create("labels.csv")?, labels.iter().copied())?;
    write_jsonl(create("labels.jsonl")?, labels.iter().copied())?;
    fs::write(folder.join("labels.parquet"), labels_parquet(&labels)?)?;
    let review: Vec<_> = labels
        .iter()
        .filter(|row| row.probability_ppm < sure(campaign))
        .collect();
    write_csv(create("review.csv")?, review.iter().map(|row| **row))?;
    write_jsonl(create("review.jsonl")?, review.iter().map(|row| **row))?;
    let pseudonyms: Vec<String> = (0..node.state().accounts.len())
        .map(|account| format!("account-{account}"))
        .collect();
    let answers = answers(campaign, &units, &pseudonyms);
    write_csv(create("answers.csv")?, answers.iter().copied())?;
    write_jsonl(create("answers.jsonl")?, answers.iter().copied())?;
    fs::write(folder.join("answers.parquet"), answers_parquet(&answers)?)?;
    Ok(folder)
}

/// The probability below which a label is listed for review, in parts per million: the campaign's
/// target, or 90 % where it states none.
fn sure(campaign: &Campaign) -> u32 {
    let method = campaign.spec.method.as_ref();
    let target = method.map(|method| method.target.ppm());
    target.filter(|target| *target > 0).unwrap_or(900_000)
}

/// Units with a label; what nobody answered acceptably is not sold.
fn labels<'a>(campaign: &'a Campaign, units: &'a Units) -> Vec<ExportRow<'a>> {
    units
        .rows
        .iter()
        .zip(&campaign.units)
        .filter(|(_, score)| score.accepted > 0)
        .filter_map(|(unit, score)| {
            Some(ExportRow {
                unit: &unit.name,
                label: campaign.spec.classes.get(usize::from(score.label?))?,
                probability_ppm: score.probability.ppm(),
                answers: score.accepted,
            })
        })
        .collect()
}

fn answers<'a>(
    campaign: &'a Campaign,
    units: &'a Units,
    pseudonyms: &'a [String],
) -> Vec<AnswerRow<'a>> {
    campaign
        .answers
        .iter()
        .filter(|answer| campaign.accepted(answer))
        .filter_map(|answer| {
            let (unit, label) = answer.opened.given?;
            Some(AnswerRow {
                unit: &units.rows.get(unit as usize)?.name,
                contributor: pseudonyms.get(answer.opened.account.index())?,
                label: campaign.spec.classes.get(usize::from(label))?,
                block: answer.block,
            })
        })
        .collect()
}

fn labels_parquet(rows: &[ExportRow<'_>]) -> Result<Vec<u8>> {
    let texts = |of: &dyn Fn(&ExportRow<'_>) -> String| rows.iter().map(of).collect();
    let integers = |of: &dyn Fn(&ExportRow<'_>) -> i64| rows.iter().map(of).collect();
    Ok(parquet::write(&[
        Column::texts("unit", texts(&|row| row.unit.to_owned())),
        Column::texts("label", texts(&|row| row.label.to_owned())),
        Column::integers(
            "probability_ppm",
            integers(&|row| i64::from(row.probability_ppm)),
        ),
        Column::integers("answers", integers(&|row| i64::from(row.answers))),
    ])?)
}

fn answers_parquet(rows: &[AnswerRow<'_>]) -> Result<Vec<u8>> {
    let texts = |of: &dyn Fn(&AnswerRow<'_>) -> String| rows.iter().map(of).collect();
    let blocks = rows.iter().map(|row| i64::from(row.block)).collect();
    Ok(parquet::write(&[
        Column::texts("unit", texts(&|row| row.unit.to_owned())),
        Column::texts("contributor", texts(&|row| row.contributor.to_owned())),
        Column::texts("label", texts(&|row| row.label.to_owned())),
        Column::integers("block", blocks),
    ])?)
}

/// A title as a folder name: lower-case letters, digits and hyphens, at most 40.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(40);
    slug.trim_end_matches('-').to_owned()
}
