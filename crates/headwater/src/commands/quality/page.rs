//! One page of HTML for somebody who was not there: findings first, then pictures, then tables.

use super::picture::Picture;
use super::picture::escaped;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::Path;
use table::{Column, Values};

/// What the page says.
pub struct Page<'a> {
    /// What was asked, as a heading.
    pub title: String,
    /// The findings: a number in words, and what it means.
    pub findings: Vec<(String, String)>,
    /// In the order in which they are to be seen.
    pub pictures: &'a [Picture],
    /// Tables with their headings; at most the first 50 rows are shown.
    pub tables: Vec<(&'static str, &'a [Column])>,
    /// How it was made and what cannot be concluded from it.
    pub small_print: Vec<String>,
}

const ROWS: usize = 50;

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;color:#111827;background:#fff;max-width:60rem;\
margin:2rem auto;padding:0 1rem}h1{font-size:1.7rem}h2{font-size:1.2rem;margin-top:2.2rem}\
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:1rem;margin:1.5rem 0}\
dl div{border:1px solid #e5e7eb;border-radius:.5rem;padding:.8rem 1rem}\
dt{font-size:1.5rem;font-weight:600}dd{margin:0;color:#4b5563}figure{margin:1rem 0;overflow-x:auto}\
figcaption{color:#4b5563;max-width:44rem}svg{max-width:100%;height:auto}\
table{border-collapse:collapse;font-size:.9rem}th,td{padding:.25rem .8rem;text-align:left;\
border-bottom:1px solid #e5e7eb}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
footer{margin-top:2.5rem;color:#4b5563;font-size:.9rem}";

impl Page<'_> {
    /// Writes the page to a file; nothing in it refers to anything outside.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, self.html())
            .with_context(|| format!("cannot write the report `{}`", path.display()))
    }

    fn html(&self) -> String {
        let title = escaped(&self.title);
        let findings = self.findings.iter().map(|(number, meaning)| {
            let (number, meaning) = (escaped(number), escaped(meaning));
            format!("<div><dt>{number}</dt><dd>{meaning}</dd></div>\n")
        });
        let pictures = self.pictures.iter().map(|picture| {
            let (title, caption) = (escaped(&picture.title), escaped(&picture.caption));
            let svg = &picture.svg;
            format!(
                "<h2>{title}</h2>\n<figure>\n{svg}<figcaption>{caption}</figcaption></figure>\n"
            )
        });
        let tables = self
            .tables
            .iter()
            .map(|(heading, columns)| rows(heading, columns));
        let small = self
            .small_print
            .iter()
            .map(|text| format!("<p>{}</p>\n", escaped(text)));
        format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n<h1>{title}</h1>\n<dl>\n{}</dl>\n{}{}\
             <footer>{}</footer>\n</html>\n",
            findings.collect::<String>(),
            pictures.collect::<String>(),
            tables.collect::<String>(),
            small.collect::<String>()
        )
    }
}

fn rows(heading: &str, columns: &[Column]) -> String {
    let class = |column: &Column| match column.values {
        Values::Texts(_) => "",
        Values::Integers(_) | Values::Reals(_) => " class=\"n\"",
    };
    let count = columns.first().map_or(0, Column::rows);
    let header = columns.iter().map(|column| {
        let name = escaped(&column.name);
        format!("<th{}>{name}</th>", class(column))
    });
    let body = (0..count.min(ROWS)).map(|row| {
        let cells = columns.iter().map(|column| {
            let text = match &column.values {
                Values::Texts(values) => escaped(&values[row]),
                Values::Integers(values) => values[row].to_string(),
                Values::Reals(values) => format!("{:.4}", values[row]),
            };
            format!("<td{}>{text}</td>", class(column))
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    });
    let rest = match count.saturating_sub(ROWS) {
        0 => String::new(),
        more => format!("<p>{more} more rows are in the table itself.</p>\n"),
    };
    format!(
        "<h2>{}</h2>\n<table>\n<tr>{}</tr>\n{}</table>\n{rest}",
        escaped(heading),
        header.collect::<String>(),
        body.collect::<String>()
    )
}
