//! Files with and without mistakes.

use super::*;
use expect_test::{Expect, expect};

fn check(text: &str, mistakes: &Expect) {
    let config = Config::read(text);
    let lines: Vec<String> = config.mistakes.iter().map(Mistake::to_string).collect();
    mistakes.assert_eq(&lines.join("\n"));
}

#[test]
fn every_flag_has_a_key() {
    let command = run();
    assert!(flags(&command).count() >= 20);
    for arg in flags(&command) {
        let long = arg.get_long().expect("each has a long name");
        assert_eq!(long.replace('-', "_"), arg.get_id().as_str());
    }
}

#[test]
fn a_whole_file_is_what_its_flags_are() {
    let config = Config::read(
        "# a node\ndata = \"/srv/node\"\nlisten = \"0.0.0.0:80\"\npublish_every = 500\n\
         demo = true\nread_only = false\n\
         public_url = [\"https://a.example\", \"https://b.example\"]\n",
    );
    assert_eq!(config.mistakes, []);
    let run = config.parsed().unwrap();
    assert_eq!(run.data, Path::new("/srv/node"));
    assert_eq!(run.listen.to_string(), "0.0.0.0:80");
    assert_eq!(
        (run.publish_every, run.demo, run.read_only),
        (500, true, false)
    );
    assert_eq!(run.public_url, ["https://a.example", "https://b.example"]);
}

#[test]
fn every_mistake_has_its_line() {
    check(
        "data = 7\n\nlistn = \"x\"\nlisten = \"here\"\npublish_every = 5\ndemo = \"yes\"\n\
         witness = [1.5]\nepoch-every = 5000\nquorum = 1.5\nnothing_like_it = 1\n[log]\nx = 1\n",
        &expect![[r#"
            line 3: there is no setting `listn`
              hint: is `listen` meant?
            line 4: `listen` cannot be that: invalid socket address syntax
              hint: `listen`: Address and port to serve HTTP on; port 0 takes a free one
            line 5: `publish_every` cannot be that: 5 is not in 10..=3600000
              hint: `publish_every`: Time between checkpoints while entries come
            line 6: `demo` is a text
              hint: write true or false
            line 7: `witness` is a list
              hint: write a list of texts, like ["one", "two"]
            line 8: there is no setting `epoch-every`
              hint: is `epoch_every` meant?
            line 9: `quorum` is a number with a point
              hint: write a number, or a text in "quotes"
            line 10: there is no setting `nothing_like_it`
              hint: keys are the flags of `headwater run --help`, with `_` for `-`
            line 11: `log` is a table
              hint: settings stand at the top, outside of [tables]"#]],
    );
    check(
        "data = \n",
        &expect![[r#"
            line 1: string values must be quoted, expected literal string
              hint: a line is KEY = VALUE; texts stand in "quotes""#]],
    );
    check(
        "standby = true\n",
        &expect![[r#"
            line 1: the following required arguments were not provided: --store <URL>
              hint: see `headwater run --help` for what goes with what"#]],
    );
    check(
        "read_only = true\nstore = \"s3://b/p\"\nstandby = true\n",
        &expect![[r#"
            line 1: the argument '--read-only' cannot be used with '--standby'
              hint: see `headwater run --help` for what goes with what"#]],
    );
}

#[test]
fn flags_win_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.toml");
    std::fs::write(
        &path,
        "quorum = 0\npublish_every = 500\nwitness = [\"a=http://x\"]\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    let words = [
        "headwater",
        "run",
        "--config",
        path,
        "--publish-every",
        "700",
    ];
    let cli = parse(words.map(OsString::from)).unwrap();
    let Command::Run(run) = cli.command else {
        panic!("it is `run`");
    };
    assert_eq!((run.publish_every, run.witness.len()), (700, 1));
    let words = [
        "headwater",
        "run",
        "--config",
        path,
        "--witness",
        "b=http://y",
    ];
    let cli = parse(words.map(OsString::from)).unwrap();
    let Command::Run(run) = cli.command else {
        panic!("it is `run`");
    };
    assert_eq!(
        run.witness,
        ["b=http://y"],
        "a list is not mixed with the file's"
    );
}

#[test]
fn the_table_of_a_chain_is_its_flags() {
    let whole = "[chain]\nrpc_url = \"env:RPC\"\nchain_id = 5\nsettlement = \"0x00\"\n\
                 post_key = \"env:A\"\ndebit_key = \"env:B\"\nrelay_key = \"env:C\"\n";
    let config = Config::read(whole);
    assert_eq!(config.mistakes, []);
    let ground = config.parsed().unwrap().ground;
    assert_eq!(ground.chain_rpc_url.as_deref(), Some("env:RPC"));
    assert_eq!((ground.chain_id, ground.chain_poll), (Some(5), 4_000));
    check(
        "[chain]\nrpc_ulr = \"http://h\"\npoll = 1\n",
        &expect![[r#"
            line 2: there is no setting `chain_rpc_ulr`
              hint: is `chain_rpc_url` meant?
            line 3: `chain_poll` cannot be that: 1 is not in 10..=600000
              hint: `chain_poll`: Time between looks at the chain"#]],
    );
    let config = Config::read("[chain]\nrpc_url = \"http://h\"\n");
    assert_eq!(config.mistakes.len(), 1, "what goes with it is missing");
}

/// A first chain and a further one, which has what `more` says beside its address.
fn two_chains(more: &str) -> String {
    let keys = "settlement = \"0x01\"\npost_key = \"env:P\"\ndebit_key = \"env:D\"\n\
                relay_key = \"env:R\"\n";
    format!(
        "data = \"/srv/node\"\n[chain]\nrpc_url = \"env:ONE\"\nchain_id = 1\n{keys}\
         [[chains]]\n{more}{keys}"
    )
}

#[test]
fn each_table_of_chains_is_one_more_chain() {
    let config = Config::read(&two_chains(
        "rpc_url = \"env:TWO\"\nchain_id = 2\npoll = 50\n",
    ));
    assert_eq!(config.mistakes, []);
    let ground = config.parsed().unwrap().ground;
    assert_eq!((ground.chain_id, ground.further.len()), (Some(1), 1));
    let own = &ground.further[0];
    assert_eq!(own.chain_rpc_url.as_deref(), Some("env:TWO"));
    assert_eq!((own.chain_id, own.chain_poll), (Some(2), 50));
    assert_eq!(own.chain_debit_key.as_deref(), Some("env:D"));
}

#[test]
fn a_mistake_in_a_table_has_a_line_of_that_table() {
    let lines = |more: &str| {
        let mistakes = Config::read(&two_chains(more)).mistakes;
        let told = mistakes.iter().map(|it| (it.line, it.what.clone()));
        told.collect::<Vec<_>>()
    };
    let missing = lines("chain_id = 2\n");
    assert_eq!(
        missing,
        [(10, "a table `[[chains]]` has no `rpc_url`".to_owned())]
    );
    let (line, what) = &lines("rpc_url = \"env:TWO\"\n")[0];
    assert!(*line >= 10 && what.contains("--chain-id"), "{line}: {what}");
    assert_eq!(lines("rpc_url = \"env:TWO\"\nchain_id = \"x\"\n")[0].0, 11);
    assert_eq!(lines("rpc = \"env:TWO\"\n")[0].0, 10);
}
