//! `headwater watch` as people run it: against the chain that a node of its own serves.

use crate::replayed::Replayed;
use crate::run::{Ran, binary, headwater, text};
use crate::served::Process;
use std::fs;
use std::path::Path;

/// One look; an own key in the environment, whether it is named or not.
fn watch(node: &Process, (log, key): (&str, &str), memory: &Path, more: &[&str]) -> Ran {
    let rpc = format!("{}/rpc", node.told("address"));
    let mut command = binary();
    let args = ["watch", "--once", "--json", "--rpc", &rpc, "--log", log];
    command
        .args(args)
        .args(["--log-key", key, "--memory", text(memory)]);
    command.args(more).env("WATCH_KEY", "5f".repeat(31) + "77");
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The codes of what was told.
fn codes(ran: &Ran) -> Vec<String> {
    let lines = ran.out.lines();
    let alert = |line: &str| -> serde_json::Value { serde_json::from_str(line).unwrap() };
    lines
        .map(|line| alert(line)["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_honest_node_is_watched_over_http() {
    let it = Replayed::new("7");
    let node = Process::node(&it.dir(), &[]);
    let address = node.told("address").to_owned();
    let memory = it.folder.path().join("watch");
    let log = (address.as_str(), it.log_key.as_str());
    for _ in 0..2 {
        let ran = watch(&node, log, &memory, &[]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);
    }
    assert!(memory.join("watch.jsonl").is_file());
    // The node's own chain takes no objections of others, and the watcher says so.
    let ran = watch(&node, log, &memory, &["--key-env", "WATCH_KEY"]);
    assert_eq!(
        (ran.code, codes(&ran)),
        (Some(0), vec!["devnet_of_the_operator".to_owned()])
    );
    // From the files instead, one of which is not what was posted any more.
    let file = it.dir().join("claims/2.json");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[1..]).unwrap();
    let dir = it.dir();
    let fresh = it.folder.path().join("fresh");
    let ran = watch(&node, (text(&dir), &it.log_key), &fresh, &[]);
    assert_eq!(codes(&ran), ["window_missed"]);
    assert!(ran.bad(2).contains("not everything could be checked"));
    assert_eq!(node.stop(), Some(0));
}

/// Two logs of one operator, each on a chain of its own: which contracts stand there the log says,
/// and one look is enough.
#[test]
fn one_look_finds_what_was_stated_otherwise_on_another_chain() {
    let it = Replayed::new("7");
    let tables = ["answers", "gold"].map(|name| it.folder.path().join(format!("tiny/{name}.csv")));
    let dir = it.folder.path().join("other");
    let mut args = vec![
        "replay",
        "--data",
        text(&dir),
        "--answers",
        text(&tables[0]),
    ];
    args.extend(["--gold", text(&tables[1]), "--gold-share", "0.5"]);
    args.extend(["--calls", "10", "--seed", "7", "--json"]);
    let report = headwater(args).json();
    assert_eq!(report["log_key"], it.log_key.as_str(), "the same operator");
    let (node, there) = (Process::node(&it.dir(), &[]), Process::node(&dir, &[]));
    let log = (node.told("address"), it.log_key.as_str());
    let server = format!("{}/rpc", there.told("address"));
    let also = |block: &str| ["--also-rpc".to_owned(), format!("{server}{block}")];
    for block in ["", "#1"] {
        let memory = it.folder.path().join(format!("both{block}"));
        let [flag, named] = also(block);
        let ran = watch(&node, log, &memory, &[&flag, &named]);
        assert!(
            codes(&ran).contains(&"not_acting".to_owned()),
            "{}",
            ran.out
        );
        assert!(ran.out.contains("proof of an equivocation"), "{}", ran.out);
    }
    let memory = it.folder.path().join("odd");
    let [flag, named] = also("#first");
    let ran = watch(&node, log, &memory, &[&flag, &named]);
    let words = ran.bad(2);
    assert!(words.contains("`first` behind"), "{words}");
}

#[test]
fn a_watcher_that_cannot_read_says_so() {
    let it = Replayed::new("7");
    let node = Process::node(&it.dir(), &[]);
    let memory = it.folder.path().join("watch");
    let dir = it.dir();
    let log = (text(&dir), it.log_key.as_str());
    let elsewhere = format!("0x{}", "09".repeat(20));
    let ran = watch(&node, log, &memory, &["--settlement", &elsewhere]);
    assert_eq!(codes(&ran), ["chain_unreadable"]);
    assert!(
        ran.out.contains("there is no Settlement contract at"),
        "{}",
        ran.out
    );
    ran.bad(2);
    let ran = watch(&node, log, &memory, &["--settlement", "0x12"]);
    assert!(ran.bad(2).contains("`0x12` is no address"));
    let ran = watch(&node, log, &memory, &["--key-env", "NOBODY_SET_THIS"]);
    assert!(ran.bad(2).contains("`NOBODY_SET_THIS` is not set"));
    let missing = it.folder.path().join("missing");
    let ran = watch(&node, (text(&missing), &it.log_key), &memory, &[]);
    assert!(ran.bad(2).contains("there is no such directory"));
}
