//! `headwater config`: what is wrong with a file of settings, and what a node makes of it.

use super::run::business;
use crate::cli::config::{self, Config, Mistake, Setting};
use crate::cli::node::{ConfigAction, Configure, Run};
use anyhow::Result;
use clap::ArgAction;
use proof::cosignature::Policy;

/// Variables of the environment that hold secrets: they stand in no file and no list of processes.
const SECRETS: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    super::ground::PASSWORD,
];

/// Checks or shows.
pub fn run(args: &Configure) -> Result<()> {
    match &args.action {
        ConfigAction::Check { file } => {
            let mut config = Config::open(file)?;
            if let (true, Ok(run)) = (config.mistakes.is_empty(), config.parsed()) {
                let found = beyond(&config, &run);
                config.mistakes.extend(found);
            }
            config.usable(file)?;
            let further = config.chains.iter().map(Vec::len).sum::<usize>();
            let count = (config.settings.len() + further) as u64;
            println!(
                "`{}`: {}, no mistake",
                file.display(),
                crate::words::plural(count, "setting")
            );
            Ok(())
        }
        ConfigAction::Show { file } => {
            let config = match file {
                Some(file) => {
                    let config = Config::open(file)?;
                    config.usable(file)?;
                    config
                }
                None => Config::default(),
            };
            print!("{}", shown(&config));
            Ok(())
        }
    }
}

/// What only the program behind the flags can tell.
fn beyond(config: &Config, run: &Run) -> Vec<Mistake> {
    let line = |key: &str| {
        let setting = config.settings.iter().find(|own| own.key == key);
        setting.map_or(1, |own| own.line)
    };
    let mistake = |key: &str, error: anyhow::Error| {
        let words = format!("{error:#}");
        let (what, hint) = words
            .split_once("\nhint: ")
            .unwrap_or((&words, "see the manual"));
        Mistake {
            line: line(key),
            what: what.to_owned(),
            hint: hint.to_owned(),
        }
    };
    let mut found = Vec::new();
    if let Err(error) = business::origins(&run.public_url, run.listen) {
        found.push(mistake("public_url", error));
    }
    if let Err(error) = super::ground::check(&run.ground) {
        found.push(mistake("chain_rpc_url", error));
    }
    match super::run::witnesses(run) {
        Ok(keys) => {
            if let Err(error) = Policy::new(keys, run.quorum) {
                found.push(mistake("quorum", error.into()));
            }
        }
        Err(error) => found.push(mistake("witness", error)),
    }
    found
}

/// Every setting with where it comes from, as TOML.
fn shown(config: &Config) -> String {
    let command = config::run();
    let mut text = String::new();
    for arg in config::flags(&command) {
        let key = arg.get_id().as_str();
        let own = config.settings.iter().find(|own| own.key == key);
        text.push_str(&row(arg, key, own));
    }
    for table in &config.chains {
        text.push_str("\n[[chains]]\n");
        for arg in config::flags(&command) {
            let key = arg.get_id().as_str();
            let own = table.iter().find(|own| own.key == key);
            let within = key.strip_prefix("chain_");
            if let (Some(within), true) = (within, own.is_some()) {
                text.push_str(&row(arg, within, own));
            }
        }
    }
    for name in SECRETS {
        if std::env::var_os(name).is_some() {
            text.push_str(&format!("# {name} is set in the environment: ***\n"));
        }
    }
    text
}

/// A setting as a line under a name.
fn row(arg: &clap::Arg, name: &str, own: Option<&Setting>) -> String {
    let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
    let many = matches!(arg.get_action(), ArgAction::Append);
    let values: Vec<String> = match own {
        Some(own) => own
            .arguments
            .iter()
            .map(|it| value(&it.to_string_lossy()))
            .collect(),
        None => {
            let defaults = arg.get_default_values().iter();
            defaults
                .map(|it| it.to_string_lossy().into_owned())
                .collect()
        }
    };
    let quoted = values.iter().map(|value| match arg.get_id().as_str() {
        // A server's key stands in its path as often as before its name.
        "chain_rpc_url" if !value.starts_with("env:") => quoted(&super::ground::shown(value)),
        _ => quoted(&masked(value)),
    });
    let written = match (is_flag, many) {
        (true, _) => own.is_some_and(|own| !own.arguments.is_empty()).to_string(),
        (_, true) => format!("[{}]", quoted.collect::<Vec<_>>().join(", ")),
        _ => quoted.collect(),
    };
    let source = own.map_or_else(|| "default".to_owned(), |own| format!("line {}", own.line));
    if written.is_empty() {
        return format!("# {name} is not set\n");
    }
    format!("{name} = {written}  # {source}\n")
}

/// What stands behind the `=` of an argument.
fn value(argument: &str) -> String {
    argument
        .split_once('=')
        .map_or("", |(_, value)| value)
        .to_owned()
}

/// A URL without the name and password in it.
fn masked(value: &str) -> String {
    let parts = value.split_once("://").and_then(|(scheme, rest)| {
        let (_, place) = rest.split_once('@')?;
        Some(format!("{scheme}://***@{place}"))
    });
    parts.unwrap_or_else(|| value.to_owned())
}

/// A number as it is, everything else as a text of TOML.
fn quoted(value: &str) -> String {
    if value.parse::<u64>().is_ok() {
        return value.to_owned();
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
