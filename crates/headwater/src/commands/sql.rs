//! `headwater sql`: one question to the view of a node, answered as a table, JSON or CSV.

use crate::cli::question::Sql;
use anyhow::{Context as _, Result};
use node::projection;
use serde_json::{Number, Value};
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::time::Duration;
use store::Place;
use view::console::{Answer, Cell, Console, Limits};

/// Widest that a column of a table is printed, in characters; `--json` and `--csv` cut nothing.
const WIDEST: usize = 60;

/// Asks and prints.
pub fn run(args: &Sql) -> Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.schema {
        return unless_closed(write!(out, "{}", view::projection::schema::SCHEMA));
    }
    let dir = super::session::existing(args.data.as_deref())?;
    let sql = match args.sql.as_deref() {
        Some("-") => io::read_to_string(io::stdin().lock().by_ref())
            .context("cannot read the question from standard input")?,
        sql => sql.unwrap_or_default().to_owned(),
    };
    let path = projection::path(&dir);
    bring_up(&dir);
    let limits = Limits {
        rows: args.rows,
        time: Duration::from_secs(args.time),
    };
    let answer = Console::open(&path, limits)?.ask(&sql)?;
    unless_closed(print(args, &answer, &mut out).and_then(|()| out.flush()))?;
    if answer.cut {
        eprintln!("note: there are more than {} rows; hint: --rows", args.rows);
    }
    Ok(())
}

/// A running node keeps its view itself; else it is brought up to the log here.
fn bring_up(dir: &Path) {
    // Where the log is in a bucket the node alone knows which one.
    if !dir.join("journal").exists() {
        return;
    }
    match projection::fill(&Place::directory(dir), &projection::path(dir)) {
        Ok(Some(filled)) => filled
            .notices
            .iter()
            .for_each(|notice| eprintln!("note: {notice}")),
        Ok(None) => {}
        Err(error) => eprintln!("note: the answer may be of earlier: {error}"),
    }
}

fn print(args: &Sql, answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    match (args.json, args.csv) {
        (true, _) => print_json(answer, out),
        (_, true) => print_csv(answer, out),
        _ => print_table(answer, out),
    }
}

/// Keys in the order of the question.
fn print_json(answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    let names: Vec<Value> = answer.columns.iter().cloned().map(Value::String).collect();
    for row in &answer.rows {
        let cells = names
            .iter()
            .zip(row)
            .map(|(name, cell)| format!("{name}:{}", json(cell)));
        writeln!(out, "{{{}}}", cells.collect::<Vec<_>>().join(","))?;
    }
    Ok(())
}

/// Amounts from 2^63 on are texts without leading zeros, as most readers of JSON lose digits.
fn json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => Value::from(*number),
        Cell::Decimal(digits) => digits.parse::<Number>().map_or(Value::Null, Value::Number),
        other => Value::String(other.to_string()),
    }
}

fn print_csv(answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(&answer.columns)?;
    for row in &answer.rows {
        table.write_record(row.iter().map(Cell::to_string))?;
    }
    table.flush()
}

fn print_table(answer: &Answer, out: &mut impl Write) -> io::Result<()> {
    let shown: Vec<Vec<String>> = answer
        .rows
        .iter()
        .map(|row| row.iter().map(short).collect())
        .collect();
    let width = |column: usize, name: &String| {
        let cells = shown.iter().map(|row| row[column].chars().count());
        cells.chain([name.chars().count()]).max().unwrap_or(0)
    };
    let widths = answer.columns.iter().enumerate();
    let widths: Vec<usize> = widths.map(|(column, name)| width(column, name)).collect();
    let number = |column: usize| {
        let is_number =
            |cell: &Cell| matches!(cell, Cell::Integer(_) | Cell::Decimal(_) | Cell::Null);
        !answer.rows.is_empty() && answer.rows.iter().all(|row| is_number(&row[column]))
    };
    let right: Vec<bool> = (0..widths.len()).map(number).collect();
    let line = |cells: &[String]| {
        let padded = cells
            .iter()
            .zip(&widths)
            .zip(&right)
            .map(|((cell, width), right)| {
                if *right {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    writeln!(out, "{}", line(&answer.columns))?;
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    writeln!(out, "{}", line(&rules))?;
    shown
        .iter()
        .try_for_each(|row| writeln!(out, "{}", line(row)))
}

/// A cell on one line; control characters of a text would draw on the terminal.
fn short(cell: &Cell) -> String {
    let text = cell.to_string();
    let mut shown: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(WIDEST)
        .collect();
    if text.chars().nth(WIDEST).is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Whoever has read enough closes the pipe.
fn unless_closed(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot print"),
    }
}
