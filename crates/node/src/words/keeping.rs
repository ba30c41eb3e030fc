//! The operator's commands in words: rounds, money, service, the log itself, keys and roles.

use super::{rights, short};
use ledger::phrases;
use ledger::told::Gap::{Count, Name, Units};
use ledger::told::{Gap, Statement};
use protocol::Command;
use protocol::chain::FurtherChain;
use protocol::credit::Credit;
use protocol::operation::{Authority, Erasure, SetRoles};
use protocol::service::{ComposeAsset, ServeAsset};

phrases! {
    OPENS_SPACE = Semicolon "opens-space", "opens the space on chain {chain}";
    CREDITS = Semicolon "credits",
        "credits deposit {fund} of {units} to account {account}";
    OPENS_ROUND = Semicolon "opens-round",
        "opens a round of campaign {campaign} over {count} units, gold sealed";
    OPENS_SEALS = Semicolon "opens-seals", "opens the seals of campaign {campaign}";
    CLOSES_UNITS = Semicolon "closes-units",
        "closes {count} units of campaign {campaign}, sure enough before all answers";
    PAUSES = Semicolon "pauses",
        "pauses account {account} in the open round of campaign {campaign}";
    POSTS_SCORES = Semicolon "posts-scores",
        "posts scores of campaign {campaign} by {algorithm}";
    POSTS_LAST_SCORES = Semicolon "posts-last-scores",
        "posts scores of campaign {campaign} by {algorithm}, the last";
    RETURNS = Semicolon "returns", "returns held and unspent money of campaign {campaign}";
    CLOSES_EPOCH = Semicolon "closes-epoch",
        "closes epoch {epoch}: {leaves} leaves, claim root {root}";
    NOTES_RELEASE = Semicolon "notes-release",
        "notes that epoch {epoch} is final and its money released";
    NOTES_REFUND = Semicolon "notes-refund", "notes a refund of {units} from deposit {fund}";
    SERVES = Semicolon "serves", "lets the gateway serve asset {asset}";
    SERVES_BY_TOKENS = Semicolon "serves-by-tokens",
        "lets the gateway serve asset {asset}, a million tokens at {asked} asked and {answered} \
         answered";
    WITHDRAWS = Semicolon "withdraws", "takes asset {asset} out of the gateway's service";
    USES_NOTHING_ELSE = Semicolon "uses-nothing-else",
        "lets calls of asset {asset} use nothing else";
    MAY_USE = Semicolon "may-use",
        "lets a call of asset {asset} use assets {assets} for at most {units}";
    SIGNS_RECEIPTS = Semicolon "signs-receipts", "signs receipts of uses with key {key}";
    SETTLES_ON = Semicolon "settles-on", "settles on chain {chain} too";
    CREDITS_ON = Semicolon "credits-on",
        "credits deposit {fund} on chain no. {chain} to account {account}";
    RELEASES_ON = Semicolon "releases-on",
        "notes that epoch {epoch} is released on chain no. {chain}";
    TAKES_FEE = Semicolon "takes-fee",
        "takes {fee} of revenue from {time} on, for account {account}";
    GIVES_VOTES = Semicolon "gives-votes",
        "gives the contributors of asset {asset} votes in 0x{contract}";
    NOTES_STAKE = Semicolon "notes-stake",
        "notes the stake of 0x{wallet}: {active} active, {leaving} leaving, {slashed} slashed";
    PROVES_DEBITS = Semicolon "proves-debits", "puts what epochs debit into their trees";
    OPENS_CREDIT = Semicolon "opens-credit",
        "lets account {account} use asset {asset} on its credit";
    NOTES_VOUCHER = Semicolon "notes-voucher",
        "credits account {account} with {units} of a redeemed voucher";
    POSTS_ROOT = Semicolon "posts-root",
        "posts the state's root after {size} entries, {root}";
    LETS_VOUCH = Semicolon "lets-vouch",
        "lets {quorum} of {keys} witnesses vouch for the time";
    NOTES_WITNESSED = Semicolon "notes-witnessed",
        "notes that witnesses have seen {size} entries";
    SIGNS_WITH = Semicolon "signs-with", "signs checkpoints with {key} now";
    HANDS_OVER = Semicolon "hands-over", "hands the log over to key {key}";
    ADDS_BY_WALLET = Semicolon "adds-by-wallet",
        "joins as a further key, to {scope}, by the wallet";
    ADDS_BY_DISCLOSED = Semicolon "adds-by-disclosed",
        "joins as a further key, to {scope}, by wallet 0x{wallet}, disclosed";
    ADDS_BY_KEY = Semicolon "adds-by-key", "joins as a further key, to {scope}, by another key";
    ADDS_BY_PASSKEY = Semicolon "adds-by-passkey",
        "joins as a further key, to {scope}, by the passkey";
    GIVES_ROLES = Semicolon "gives-roles", "gives account {account} the roles: {roles}";
    GIVES_ALL_ROLES = Semicolon "gives-all-roles",
        "gives every other account the roles: {roles}";
    REVOKES_KEY = Semicolon "revokes-key", "revokes key {key}";
    ERASES_OPENINGS = Semicolon "erases-openings", "erases the openings {hash}";
    ERASES_BODY = Semicolon "erases-body", "erases the private body of entry {entry}";
}

/// A command of the operator, or of whoever keeps keys; `None` for those of others.
pub(super) fn told(command: &Command) -> Option<Statement> {
    round_words(command)
        .or_else(|| money_words(command))
        .or_else(|| service_words(command))
        .or_else(|| log_words(command))
        .or_else(|| people_words(command))
}

/// Rounds of campaigns.
fn round_words(command: &Command) -> Option<Statement> {
    Some(match command {
        Command::OpenRound(round) => {
            let count = ("count", Count(round.unit_count.into()));
            Statement::new(OPENS_ROUND, [("campaign", Gap::id(round.campaign)), count])
        }
        Command::CloseRound(round) => {
            Statement::new(OPENS_SEALS, [("campaign", Gap::id(round.campaign))])
        }
        Command::CloseUnits(close) => {
            let count = ("count", Count(close.units.len() as u64));
            Statement::new(CLOSES_UNITS, [count, ("campaign", Gap::id(close.campaign))])
        }
        Command::PauseAccount(pause) => {
            let account = ("account", Gap::id(pause.account));
            Statement::new(PAUSES, [account, ("campaign", Gap::id(pause.campaign))])
        }
        Command::PostScores(scores) => {
            let phrase = match scores.closing {
                true => POSTS_LAST_SCORES,
                false => POSTS_SCORES,
            };
            let algorithm = ("algorithm", Name(scores.algorithm.clone()));
            Statement::new(phrase, [("campaign", Gap::id(scores.campaign)), algorithm])
        }
        Command::ReturnHeld(id) => Statement::new(RETURNS, [("campaign", Gap::id(*id))]),
        _ => return None,
    })
}

/// What comes from chains and goes to them.
fn money_words(command: &Command) -> Option<Statement> {
    Some(match command {
        Command::Genesis(genesis) => {
            Statement::new(OPENS_SPACE, [("chain", Gap::id(genesis.chain_id))])
        }
        Command::CreditDeposit(deposit) => {
            let fund = ("fund", Gap::id(deposit.fund));
            let units = ("units", Units(deposit.amount_units.units()));
            Statement::new(
                CREDITS,
                [fund, units, ("account", Gap::id(deposit.account))],
            )
        }
        Command::CloseEpoch(epoch) => {
            let leaves = ("leaves", Count(epoch.leaves.into()));
            let root = ("root", short(&epoch.root));
            Statement::new(
                CLOSES_EPOCH,
                [("epoch", Gap::id(epoch.epoch)), leaves, root],
            )
        }
        Command::NoteRelease(epoch) => Statement::new(NOTES_RELEASE, [("epoch", Gap::id(*epoch))]),
        Command::NoteRefund(refund) => {
            let units = ("units", Units(refund.amount_units.units()));
            Statement::new(NOTES_REFUND, [units, ("fund", Gap::id(refund.fund))])
        }
        Command::FurtherChain(FurtherChain::Join(contracts)) => {
            Statement::new(SETTLES_ON, [("chain", Gap::id(contracts.chain_id))])
        }
        Command::FurtherChain(FurtherChain::Credit(chain, deposit)) => {
            let (fund, chain) = (("fund", Gap::id(deposit.fund)), ("chain", Gap::id(*chain)));
            Statement::new(
                CREDITS_ON,
                [fund, chain, ("account", Gap::id(deposit.account))],
            )
        }
        Command::FurtherChain(FurtherChain::Release(chain, epoch)) => {
            let epoch = ("epoch", Gap::id(*epoch));
            Statement::new(RELEASES_ON, [epoch, ("chain", Gap::id(*chain))])
        }
        _ => return None,
    })
}

/// Assets that the gateway serves, and contracts beside the pot.
fn service_words(command: &Command) -> Option<Statement> {
    Some(match command {
        Command::ServeAsset(serve) => served(serve),
        Command::WithdrawAsset(asset) => Statement::new(WITHDRAWS, [("asset", Gap::id(*asset))]),
        Command::ComposeAsset(compose) => composed(compose),
        Command::SetGateway(set) => Statement::new(SIGNS_RECEIPTS, [("key", Gap::id(set.key))]),
        Command::SetFee(set) => {
            let fee = ("fee", Gap::Share(set.fee.ppm()));
            let time = ("time", Name(crate::export::iso(set.from_ms)));
            Statement::new(TAKES_FEE, [fee, time, ("account", Gap::id(set.account))])
        }
        Command::Credit(Credit::Open(open)) => {
            let account = ("account", Gap::id(open.account));
            Statement::new(OPENS_CREDIT, [account, ("asset", Gap::id(open.asset))])
        }
        Command::Credit(Credit::Redeem(note)) => {
            let account = ("account", Gap::id(note.account));
            let units = ("units", Units(note.amount_units.units()));
            Statement::new(NOTES_VOUCHER, [account, units])
        }
        Command::ProveDebits => Statement::plain(PROVES_DEBITS),
        Command::OpenVotes(open) => {
            let contract = ("contract", Gap::id(open.contract));
            Statement::new(GIVES_VOTES, [("asset", Gap::id(open.asset)), contract])
        }
        Command::NoteStake(note) => {
            let active = ("active", Units(note.active_units.units()));
            let leaving = ("leaving", Units(note.queued_units.units()));
            let slashed = ("slashed", Units(note.slashed_units.units()));
            let wallet = ("wallet", Gap::id(note.wallet));
            Statement::new(NOTES_STAKE, [wallet, active, leaving, slashed])
        }
        _ => return None,
    })
}

fn served(serve: &ServeAsset) -> Statement {
    let asset = ("asset", Gap::id(serve.asset));
    match serve.tokens {
        Some(prices) => {
            let asked = ("asked", Units(prices.input_units.units()));
            let answered = ("answered", Units(prices.output_units.units()));
            Statement::new(SERVES_BY_TOKENS, [asset, asked, answered])
        }
        None => Statement::new(SERVES, [asset]),
    }
}

fn composed(compose: &ComposeAsset) -> Statement {
    let asset = ("asset", Gap::id(compose.asset));
    let named: Vec<String> = compose.components.iter().map(ToString::to_string).collect();
    if named.is_empty() {
        return Statement::new(USES_NOTHING_ELSE, [asset]);
    }
    let units = ("units", Units(compose.most_units.units()));
    Statement::new(MAY_USE, [asset, ("assets", Name(named.join(", "))), units])
}

/// What keeps the log itself.
fn log_words(command: &Command) -> Option<Statement> {
    Some(match command {
        Command::PostStateRoot(post) => {
            let size = ("size", Count(post.size));
            Statement::new(POSTS_ROOT, [size, ("root", short(&post.root))])
        }
        Command::SetWitnesses(set) => {
            let quorum = ("quorum", Count(set.quorum.into()));
            let keys = ("keys", Count(set.keys.len() as u64));
            Statement::new(LETS_VOUCH, [quorum, keys])
        }
        Command::NoteWitness(note) => {
            let size = note.checkpoint.lines().nth(1).unwrap_or("?");
            Statement::new(NOTES_WITNESSED, [("size", Gap::Decimal(size.to_owned()))])
        }
        Command::RotateLogKey(rotate) => {
            Statement::new(SIGNS_WITH, [("key", Name(rotate.key.clone()))])
        }
        Command::RotateOperator(rotate) => {
            Statement::new(HANDS_OVER, [("key", Gap::id(rotate.key))])
        }
        Command::Erase(erase) => match erase.what {
            Erasure::Openings(hash) => Statement::new(ERASES_OPENINGS, [("hash", short(&hash))]),
            Erasure::Body(seq) => Statement::new(ERASES_BODY, [("entry", Gap::id(seq))]),
        },
        _ => return None,
    })
}

/// Keys and roles.
fn people_words(command: &Command) -> Option<Statement> {
    Some(match command {
        Command::AddKey(add) => {
            let scope = ("scope", rights(add.scope));
            match &add.authority {
                Authority::Wallet(_) => Statement::new(ADDS_BY_WALLET, [scope]),
                Authority::Disclosed(open, _) => {
                    let wallet = ("wallet", Gap::id(open.wallet));
                    Statement::new(ADDS_BY_DISCLOSED, [scope, wallet])
                }
                Authority::Key(..) => Statement::new(ADDS_BY_KEY, [scope]),
                Authority::Passkey(_) => Statement::new(ADDS_BY_PASSKEY, [scope]),
            }
        }
        Command::SetRoles(set) => given(set),
        Command::RevokeKey(key) => Statement::new(REVOKES_KEY, [("key", Gap::id(*key))]),
        _ => return None,
    })
}

fn given(set: &SetRoles) -> Statement {
    let mut words: Vec<String> = set
        .roles
        .iter()
        .map(|role| role.word().to_owned())
        .collect();
    if words.is_empty() {
        words.push("none".to_owned());
    }
    let roles = ("roles", Gap::Words("role", words));
    match set.account {
        Some(id) => Statement::new(GIVES_ROLES, [("account", Gap::id(id)), roles]),
        None => Statement::new(GIVES_ALL_ROLES, [roles]),
    }
}
