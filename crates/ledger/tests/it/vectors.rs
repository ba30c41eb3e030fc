//! Golden bytes of entries, signing texts, commitments and a state (`vectors/entry.json`).

use crate::kit::salt;
use crate::script::play;
use crate::world::{SPACE, World};
use ledger::commitment::{self, AnswerPlace, Binding};
use protocol::document::{AnswerOpening, GoldOpening};
use protocol::{
    AccountId, Address, CampaignId, Command, Entry, SessionKey, WalletSignature, codec,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/entry.json");

/// A story in which every command occurs; deterministic keys, salts, times and nonces.
const STORY: &str = "
    join ann
    join req
    join dev
    join user
    disclose ann
    deposit req 2000
    deposit ann 300
    deposit user 5000
    campaign req fund=1
    round 0 gold=10
    seal ann 0
    open 0
    score 0 closing
    finish req 0
    wait 5000
    return 0
    asset dev parent:0 floor=50000
    allow user 1 fund=3 cap=400
    use dev 1 times=30
    epoch
    release 1
    epoch
    release 2
    refund 3 1000
    root 8
    logkey 1
    witnesses abc quorum=2
    seen a=1006 b=1007
    operator next
    key ann2 ann
    revoke ann ann2
    walletkey ann3 ann
    erase 11
    forget 0 0
    root 40
    join bob
    join cid
    join joe
    deposit req 9000
    deposit ann 900
    deposit bob 900
    deposit cid 900
    campaign req fund=4 judged budget=4000 panel:joe slash=700000 target=900000 trusts:req \
        units=40 stake=30 prefix=1
    round 1 units=40 gold=20
    seal ann 1 to=40
    seal bob 1 to=40
    seal cid 1 to=40 always=1
    undo bob 1 43 field=25 unit=25
    sure 1 from=20 to=40
    pause 1 cid
    open 1
    score 1 closing
    appeal cid 1 0
    verdict joe 1 cid 0 denied
    finish req 1
    wait 9000
    return 1
    return-with cid2 cid
    roles cid contributor reviewer
    roles * contributor
    asset dev price=7
    serve dev 3 input=150000 output=600000
    withdraw dev 3
    gateway 9
    list req 0 40 2
    buy user 0 6 52
    ungrant req 0
    waive dev 1 req 20000 9
    votes 0
    stake cid staked=70 active=50 queued=20
    twin
    there dev 500 token=2
    epoch
    through
    prove
    credit user 3
    redeemed user 70
";

#[test]
fn bytes_are_those_of_the_vectors() {
    let (world, _) = play(STORY);
    let found = vectors(&world);
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&found).unwrap() + "\n";
        std::fs::write(FILE, text).unwrap();
    }
    let text = std::fs::read_to_string(FILE).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    for key in ["entries", "commitments", "state"] {
        assert_eq!(
            kept[key], found[key],
            "`{key}` differs; is the change of bytes meant?"
        );
    }
}

#[test]
fn every_command_has_a_vector() {
    let (world, _) = play(STORY);
    let kinds: BTreeSet<_> = world
        .entries
        .iter()
        .map(|bytes| kind(&decoded(bytes).signed.submission.command))
        .collect();
    assert_eq!(kinds, (0..=34).chain(36..=38).chain(51..=55).collect());
}

fn decoded(bytes: &[u8]) -> Entry {
    codec::decode(bytes).unwrap()
}

/// The command's number: the first integer of its encoding, `[number, [fields]]`.
pub fn kind(command: &Command) -> u8 {
    let bytes = codec::encode(command);
    if bytes[1] < 24 { bytes[1] } else { bytes[2] }
}

fn name(entry: &Entry) -> String {
    let text = format!("{:?}", entry.signed.submission.command);
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    text[..end].to_owned()
}

fn vectors(world: &World) -> Value {
    let row = |bytes: &Vec<u8>| {
        let entry = decoded(bytes);
        json!({
            "command": name(&entry),
            "number": kind(&entry.signed.submission.command),
            "entry": hex::encode(bytes),
            "signing_bytes": hex::encode(entry.signed.submission.signing_bytes()),
            "leaf_hash": hex::encode(proof::merkle::leaf_hash(bytes)),
        })
    };
    let entries: Vec<Value> = world.entries.iter().map(row).collect();
    json!({
        "made_with": "crates/ledger/tests/it/vectors.rs, UPDATE_VECTORS=1",
        "space": SPACE.to_string(),
        "entries": entries,
        "commitments": commitments(),
        "state": {
            "entries": world.state.size,
            "bytes": world.state.to_bytes().len(),
            "root": world.state.root().to_string(),
        },
    })
}

fn commitments() -> Value {
    let place = AnswerPlace {
        space: SPACE,
        account: AccountId(3),
        nonce: 258,
        field: 9,
    };
    let answer = AnswerOpening {
        unit: 70_000,
        label: 2,
        salt: salt(1),
        text: None,
    };
    let written = AnswerOpening {
        text: Some("größer als erwartet".to_owned()),
        ..answer.clone()
    };
    let gold = |label| GoldOpening {
        label,
        salt: salt(2),
    };
    let binding = Binding {
        wallet: Address([0xaa; 20]),
        delegation: WalletSignature([0xbb; 65]),
        salt: salt(3),
    };
    let key = SessionKey([0xcc; 32]);
    let id = CampaignId(4);
    let openings = [gold(None), gold(Some(1)), gold(Some(0))];
    json!({
        "answer": {
            "account": 3, "nonce": 258, "field": 9, "unit": 70_000, "label": 2,
            "salt": salt(1).to_string(),
            "commitment": commitment::answer(place, &answer).to_string(),
        },
        "answer_with_text": {
            "account": 3, "nonce": 258, "field": 9, "unit": 70_000, "label": 2,
            "text": written.text, "salt": salt(1).to_string(),
            "commitment": commitment::answer(place, &written).to_string(),
        },
        "gold": {
            "campaign": 4, "unit": 6, "label": 1, "salt": salt(2).to_string(),
            "commitment": commitment::gold(SPACE, id, 6, &gold(Some(1))).to_string(),
        },
        "ordinary": {
            "campaign": 4, "unit": 5, "label": null, "salt": salt(2).to_string(),
            "commitment": commitment::gold(SPACE, id, 5, &gold(None)).to_string(),
        },
        "gold_root": {
            "campaign": 4, "first_unit": 5, "labels": [null, 1, 0], "salt": salt(2).to_string(),
            "root": commitment::gold_root(SPACE, id, 5, &openings).to_string(),
        },
        "binding": {
            "key": key.to_string(), "wallet": binding.wallet.to_string(),
            "delegation": binding.delegation.to_string(), "salt": salt(3).to_string(),
            "commitment": commitment::binding(SPACE, key, &binding).to_string(),
        },
    })
}
