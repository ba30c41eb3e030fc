//! `--config FILE`: the flags of `headwater run` as TOML, and what is wrong with a file.

use super::{Cli, Command};
use anyhow::{Context as _, Result, bail};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, CommandFactory as _, Parser as _};
use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use toml_edit::{Document, Item, Value};

/// A key of a file, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// As it stands there: the flag's name with `_` for `-`.
    pub key: String,
    /// Counted from 1.
    pub line: usize,
    /// As arguments of the command line.
    pub arguments: Vec<OsString>,
}

/// Something in a file that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}: {}\n  hint: {}",
            self.line, self.what, self.hint
        )
    }
}

/// What a file says, as far as it can be told, and its mistakes in the order of their lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// What can be used.
    pub settings: Vec<Setting>,
    /// What cannot.
    pub mistakes: Vec<Mistake>,
    /// The settings of each table `[[chains]]`, in their order.
    pub chains: Vec<Vec<Setting>>,
}

/// Reads the command line; `run --config FILE` is as if the file's flags stood there too, but for
/// those that do.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = Cli::command().get_matches_from(&arguments);
    let Some(run) = matches.subcommand_matches("run") else {
        return Ok(Cli::parse_from(arguments));
    };
    let Some(path) = run.get_one::<std::path::PathBuf>("config") else {
        return Ok(Cli::parse_from(arguments));
    };
    let config = Config::open(path)?;
    config.usable(path)?;
    let further = config.further()?;
    for setting in config.settings {
        if run.value_source(&setting.key) != Some(ValueSource::CommandLine) {
            arguments.extend(setting.arguments);
        }
    }
    let mut cli = Cli::parse_from(arguments);
    if let Command::Run(run) = &mut cli.command {
        run.ground.further = further;
    }
    Ok(cli)
}

impl Config {
    /// Reads a file.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(Self::read(&text))
    }

    /// Fails with all mistakes, if there are any.
    pub fn usable(&self, path: &Path) -> Result<()> {
        if self.mistakes.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = self.mistakes.iter().map(Mistake::to_string).collect();
        let (file, lines) = (path.display(), lines.join("\n"));
        bail!("`{file}` cannot be used\n{lines}")
    }

    /// What a file with this content says; never fails, as mistakes are part of the answer.
    pub fn read(text: &str) -> Self {
        let line = |place: usize| 1 + text[..place.min(text.len())].matches('\n').count();
        let mut config = Self::default();
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                config.mistakes.push(Mistake {
                    line: line(error.span().map_or(0, |span| span.start)),
                    what: error.message().trim().replace('\n', ", "),
                    hint: "a line is KEY = VALUE; texts stand in \"quotes\"".to_owned(),
                });
                return config;
            }
        };
        config.settings = config.take(keys(&document), &line);
        for table in tables(&document) {
            let settings = config.take(table, &line);
            config.chains.push(settings);
        }
        if config.mistakes.is_empty() {
            config.mistakes.extend(config.together());
        }
        config.mistakes.sort_by_key(|mistake| mistake.line);
        config
    }

    /// What these keys say; mistakes are noted.
    fn take(&mut self, keys: Vec<Key>, line: &dyn Fn(usize) -> usize) -> Vec<Setting> {
        let command = run();
        let mut settings = Vec::new();
        for (key, item, own) in keys {
            let line = line(own.or(item.span()).map_or(0, |span| span.start));
            match setting(&command, &key, &item) {
                Ok(arguments) => settings.push(Setting {
                    key,
                    line,
                    arguments,
                }),
                Err((what, hint)) => self.mistakes.push(Mistake { line, what, hint }),
            }
        }
        settings
    }

    /// The chains beside the first, each as its flags would name it.
    fn further(&self) -> Result<Vec<super::chain::Ground>, clap::Error> {
        let ground = |settings: &Vec<Setting>| Ok(parsed(settings)?.ground);
        self.chains.iter().map(ground).collect()
    }

    /// What is wrong with settings together, though none is by itself: those of the top and of
    /// `[chain]`, then those of each further chain.
    fn together(&self) -> Option<Mistake> {
        let of_top = parsed(&self.settings).err();
        let of_top = of_top.map(|error| mistaken(&self.settings, &error));
        of_top.or_else(|| self.chains.iter().find_map(|table| Self::of_table(table)))
    }

    fn of_table(table: &[Setting]) -> Option<Mistake> {
        if !table.iter().any(|own| own.key == "chain_rpc_url") {
            return Some(Mistake {
                line: table.first().map_or(1, |own| own.line),
                what: "a table `[[chains]]` has no `rpc_url`".to_owned(),
                hint: "say where that chain is reached, or leave the table out".to_owned(),
            });
        }
        let error = parsed(table).err()?;
        Some(mistaken(table, &error))
    }

    /// The settings as `headwater run` takes them.
    pub fn parsed(&self) -> Result<super::node::Run, clap::Error> {
        let mut run = parsed(&self.settings)?;
        run.ground.further = self.further()?;
        Ok(run)
    }
}

/// What clap says of settings that do not go together, at the line of the one that it names.
fn mistaken(settings: &[Setting], error: &clap::Error) -> Mistake {
    let text = error.to_string();
    let flag = |own: &Setting| format!("--{}", own.key.replace('_', "-"));
    let named = settings.iter().find(|own| text.contains(&flag(own)));
    Mistake {
        line: named.or(settings.first()).map_or(1, |own| own.line),
        what: told(&text),
        hint: "see `headwater run --help` for what goes with what".to_owned(),
    }
}

fn parsed(settings: &[Setting]) -> Result<super::node::Run, clap::Error> {
    let arguments = settings.iter().flat_map(|own| own.arguments.clone());
    let start = ["headwater", "run"].map(OsString::from);
    match Cli::try_parse_from(start.into_iter().chain(arguments))?.command {
        Command::Run(run) => Ok(run),
        _ => unreachable!("the arguments name `run`"),
    }
}

/// A key, its value, and where it stands.
type Key = (String, Item, Option<std::ops::Range<usize>>);

/// Every key with its value and where it stands; those of `[chain]` begin with `chain_`.
fn keys(document: &Document<&str>) -> Vec<Key> {
    let top = document.as_table();
    let mut keys = Vec::new();
    for (key, item) in top {
        match item {
            Item::Table(table) if key == "chain" => keys.extend(of_chain(table)),
            Item::ArrayOfTables(_) if key == "chains" => {}
            _ => {
                let span = top.key(key).and_then(toml_edit::Key::span);
                keys.push((key.to_owned(), item.clone(), span));
            }
        }
    }
    keys
}

/// The keys of each table `[[chains]]`.
fn tables(document: &Document<&str>) -> Vec<Vec<Key>> {
    let tables = document.as_table().get("chains");
    let tables = tables.and_then(Item::as_array_of_tables).into_iter();
    tables.flatten().map(of_chain).collect()
}

fn of_chain(table: &toml_edit::Table) -> Vec<Key> {
    let named = table.iter().map(|(inner, item)| {
        let whole = match inner.starts_with("chain_") {
            true => inner.to_owned(),
            false => format!("chain_{inner}"),
        };
        let span = table.key(inner).and_then(toml_edit::Key::span);
        (whole, item.clone(), span)
    });
    named.collect()
}

/// `headwater run` as clap knows it.
pub fn run() -> clap::Command {
    let mut cli = Cli::command();
    cli.build();
    let run = cli.find_subcommand("run");
    run.expect("`run` is a subcommand").clone()
}

/// Flags that may stand in a file.
pub fn flags(command: &clap::Command) -> impl Iterator<Item = &Arg> {
    let own = |arg: &&Arg| !matches!(arg.get_id().as_str(), "config" | "help" | "version");
    command.get_arguments().filter(own)
}

/// The arguments of a key, or what is wrong with it and what to do.
fn setting(
    command: &clap::Command,
    key: &str,
    item: &Item,
) -> Result<Vec<OsString>, (String, String)> {
    let Some(arg) = flags(command).find(|arg| arg.get_id().as_str() == key) else {
        return Err((
            format!("there is no setting `{key}`"),
            nearest(command, key),
        ));
    };
    let Some(value) = item.as_value() else {
        let what = format!("`{key}` is a table");
        return Err((
            what,
            "settings stand at the top, outside of [tables]".to_owned(),
        ));
    };
    let flag = format!("--{}", key.replace('_', "-"));
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return match value.as_bool() {
            Some(true) => Ok(vec![flag.into()]),
            Some(false) => Ok(Vec::new()),
            None => Err((
                format!("`{key}` is {}", kind(value)),
                "write true or false".to_owned(),
            )),
        };
    }
    let many = matches!(arg.get_action(), ArgAction::Append);
    let texts = match (value, many) {
        (Value::Array(values), true) => values.iter().map(text).collect::<Option<Vec<_>>>(),
        (value, _) => text(value).map(|text| vec![text]),
    };
    let texts = texts.ok_or_else(|| {
        let what = format!("`{key}` is {}", kind(value));
        let hint = if many {
            "write a list of texts, like [\"one\", \"two\"]"
        } else {
            "write a number, or a text in \"quotes\""
        };
        (what, hint.to_owned())
    })?;
    let arguments = texts
        .iter()
        .map(|text| OsString::from(format!("{flag}={text}")));
    let arguments: Vec<OsString> = arguments.collect();
    fits(arg, key, &arguments)?;
    Ok(arguments)
}

/// Whether a flag takes its value, whatever else must stand beside it.
fn fits(arg: &Arg, key: &str, arguments: &[OsString]) -> Result<(), (String, String)> {
    let start = ["headwater", "run"].map(OsString::from);
    let tried = Cli::try_parse_from(start.into_iter().chain(arguments.iter().cloned()));
    let Err(error) = tried else {
        return Ok(());
    };
    if matches!(
        error.kind(),
        ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict
    ) {
        return Ok(());
    }
    let flag = format!("--{}", key.replace('_', "-"));
    let words = first_line(&error.to_string());
    let words = words
        .rsplit_once(": ")
        .map_or(&*words, |(_, reason)| reason);
    let what = format!("`{key}` cannot be that: {words}").replace(&flag, key);
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    Err((what, format!("`{key}`: {}", help.replace('\n', " "))))
}

/// What clap says, without how the command is used.
fn told(text: &str) -> String {
    let words = text.split("\n\n").next().unwrap_or_default();
    let lines: Vec<&str> = words.lines().map(str::trim).collect();
    let line = lines.join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a number",
        Value::Float(_) => "a number with a point",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::InlineTable(_) => "a table",
    }
}

/// What was meant by a key that is none.
fn nearest(command: &clap::Command, key: &str) -> String {
    let names = flags(command).map(|arg| arg.get_id().as_str());
    let written = key.replace('-', "_");
    let near = names.map(|name| (distance(name, &written), name)).min();
    match near {
        Some((steps, name)) if steps <= 3 => format!("is `{name}` meant?"),
        _ => "keys are the flags of `headwater run --help`, with `_` for `-`".to_owned(),
    }
}

/// Levenshtein's distance.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, byte) in one.bytes().enumerate() {
        let mut before = std::mem::replace(&mut row[0], place + 1);
        for (column, own) in other.bytes().enumerate() {
            let change = before + usize::from(byte != own);
            before = row[column + 1];
            row[column + 1] = change.min(before + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests;
