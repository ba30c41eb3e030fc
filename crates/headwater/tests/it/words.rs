//! Every word that the commands print, as snapshots beside this file.

use crate::replayed::{Replayed, arguments, tables};
use crate::run::{Ran, binary, headwater, normal, text};
use expect_test::{ExpectFile, expect_file};
use std::process::Stdio;

fn check(ran: Ran, folder: &Replayed, words: ExpectFile) {
    words.assert_eq(&normal(&ran.good(), folder.folder.path()));
}

#[test]
fn help_says_what_each_command_takes() {
    let commands = [
        &["--help"][..],
        &["demo", "--help"],
        &["replay", "--help"],
        &["audit", "--help"],
        &["log", "--help"],
        &["log", "show", "--help"],
        &["log", "tail", "--help"],
        &["run", "--help"],
        &["witness", "--help"],
        &["key", "--help"],
        &["receipt", "--help"],
        &["verify", "--help"],
        &["account", "--help"],
        &["version", "--help"],
    ];
    let help = |args: &&[&str]| {
        format!(
            "$ headwater {}\n{}\n",
            args.join(" "),
            headwater(*args).good()
        )
    };
    expect_file!["words/help.txt"].assert_eq(&commands.iter().map(help).collect::<String>());
}

#[test]
fn the_version_names_the_rules() {
    expect_test::expect![[r#"
        headwater 0.1.0
        rules 1
        scores headwater-pay@1, headwater-pay@2
    "#]]
    .assert_eq(&headwater(["version"]).good());
    assert_eq!(headwater(["--version"]).good(), "headwater 0.1.0\n");
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = headwater(["completions", shell]).good();
        for command in ["demo", "replay", "audit", "log", "account", "version"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

/// A report of an audit without how long it took.
fn without_time(report: &str) -> String {
    let mut report: serde_json::Value = serde_json::from_str(report).expect("one JSON object");
    let fields = report.as_object_mut().expect("one JSON object");
    let taken = ["seconds", "entries_per_second"].map(|name| fields.remove(name));
    assert!(taken.iter().all(Option::is_some), "{taken:?}");
    format!("{report}\n")
}

#[test]
fn a_replay_its_log_and_its_accounts_in_words() {
    let it = Replayed::new("7");
    let dir = it.dir();
    let dir = text(&dir);
    let tables = tables(it.folder.path(), 40, 6);
    let again = it.folder.path().join("again");
    let summary = headwater(arguments(&again, &tables));
    check(summary, &it, expect_file!["words/replay.txt"]);
    let words = |args: &[&str]| headwater(args.iter().copied());
    check(
        words(&["audit", dir, "--log-key", &it.log_key]),
        &it,
        expect_file!["words/audit.txt"],
    );
    let mut json = words(&["audit", dir, "--json", "--log-key", &it.log_key]);
    json.out = without_time(&json.out);
    check(json, &it, expect_file!["words/audit.json"]);
    check(
        words(&["log", "tail", "-n", "80", "--data", dir]),
        &it,
        expect_file!["words/tail.txt"],
    );
    check(
        words(&["log", "show", "2", "--data", dir]),
        &it,
        expect_file!["words/show.txt"],
    );
    check(
        words(&["receipt", "2", "--data", dir]),
        &it,
        expect_file!["words/receipt.txt"],
    );
    check(
        words(&["account", "3", "--data", dir]),
        &it,
        expect_file!["words/account.txt"],
    );
    check(
        words(&["account", "7", "--data", dir]),
        &it,
        expect_file!["words/spammer.txt"],
    );
    check(
        words(&["account", "3", "--json", "--data", dir]),
        &it,
        expect_file!["words/account.json"],
    );
}

#[test]
#[cfg(unix)]
fn whoever_stops_reading_ends_the_command_without_a_word() {
    // More than a pipe holds, so that it meets the closed end whenever that is closed.
    let mut command = binary();
    command.args(["completions", "bash"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((ended.status.code(), said.as_str()), (Some(141), ""));
}
