//! The data set card: a README whose front matter a hub reads, and whose text people do.

use std::fmt::Write as _;

use table::schema::Kind;

use super::{Contents, Description, Licence, Origin};

/// The card as Markdown with YAML front matter.
pub fn card(description: &Description, contents: &Contents<'_>, origin: &Origin) -> String {
    let mut out = String::from("---\n");
    front_matter(&mut out, description, contents);
    out.push_str("---\n\n");
    let rows: u64 = contents.shards.iter().map(|shard| shard.rows).sum();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("# {}\n", one_line(&description.title)));
    line(&format!("{}\n", description.text.trim()));
    line("## Columns\n\n| name | type |\n|---|---|");
    for (name, kind) in contents.schema.fields() {
        let name = one_line(name).replace('|', "\\|");
        line(&format!("| {name} | {} |", dtype(*kind)));
    }
    line(&format!(
        "\n{rows} rows. Columns that begin with `hw_` say where a row comes from."
    ));
    line("\n## Origin\n");
    line(&format!(
        "Labels were inferred by `{}` from answers in the log `{}`; `headwater.json` names the \
         log's root and the hash of every file.",
        one_line(&origin.method),
        one_line(&origin.log_origin)
    ));
    line(&format!(
        "\n## Licence\n\n{}",
        one_line(description.licence.id())
    ));
    if let Some(cite_as) = &description.cite_as {
        line(&format!("\n## Citation\n\n{}", cite_as.trim()));
    }
    out
}

fn front_matter(out: &mut String, description: &Description, contents: &Contents<'_>) {
    list(out, "language", &description.languages);
    match &description.licence {
        Licence::Spdx(id) => scalar(out, "license", &id.to_lowercase()),
        Licence::Other { name, link } => {
            scalar(out, "license", "other");
            scalar(out, "license_name", name);
            scalar(out, "license_link", link);
        }
    }
    scalar(out, "pretty_name", &description.title);
    list(out, "tags", &description.tags);
    list(
        out,
        "annotations_creators",
        &description.annotations_creators,
    );
    list(out, "language_creators", &description.language_creators);
    list(out, "source_datasets", &description.source_datasets);
    list(out, "task_categories", &description.task_categories);
    let rows: u64 = contents.shards.iter().map(|shard| shard.rows).sum();
    list(out, "size_categories", &[size_category(rows).to_owned()]);
    out.push_str("configs:\n- config_name: default\n  data_files:\n  - split: train\n");
    out.push_str("    path: data/train-*.parquet\n");
    out.push_str("dataset_info:\n  features:\n");
    for (name, kind) in contents.schema.fields() {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  - name: {}\n    dtype: {}", yaml(name), dtype(*kind));
    }
    let value_bytes: u64 = contents.shards.iter().map(|shard| shard.value_bytes).sum();
    let file_bytes: u64 = contents.files.iter().map(|file| file.bytes).sum();
    let _ = writeln!(
        out,
        "  splits:\n  - name: train\n    num_bytes: {value_bytes}\n    num_examples: {rows}\n  \
         download_size: {file_bytes}\n  dataset_size: {value_bytes}"
    );
}

fn scalar(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key}: {}", yaml(value));
}

/// Nothing for an empty list: the hub takes that as not stated.
fn list(out: &mut String, key: &str, values: &[String]) {
    if !values.is_empty() {
        let _ = writeln!(out, "{key}:");
    }
    for value in values {
        let _ = writeln!(out, "- {}", yaml(value));
    }
}

/// A text as YAML 1.2 and 1.1 read it alike: a JSON string is a double-quoted scalar in both. What
/// those call a line end, or do not print, is escaped.
fn yaml(text: &str) -> String {
    let mut out = String::new();
    for sign in serde_json::Value::from(text).to_string().chars() {
        let code = u32::from(sign);
        match code {
            0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff => {
                let _ = write!(out, "\\u{code:04x}");
            }
            _ => out.push(sign),
        }
    }
    out
}

fn dtype(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "bool",
        Kind::Integer => "int64",
        Kind::Real => "float64",
        Kind::Text => "string",
    }
}

fn size_category(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        100_000_000..1_000_000_000 => "100M<n<1B",
        _ => "1B<n<10B",
    }
}

fn one_line(text: &str) -> String {
    let signs = text.trim().chars();
    signs
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect()
}
