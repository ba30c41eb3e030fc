//! Commands in words, for people who read the log: in English, and for pages in any language.

pub mod keeping;

use ledger::phrases;
use ledger::told::Gap::{Count, Name, Units};
use ledger::told::{Gap, Joint, Statement};
use protocol::{Command, Hash};

phrases! {
    JOINS = Semicolon "joins", "joins, to {scope}";
    DISCLOSES = Semicolon "discloses", "discloses wallet 0x{wallet}";
    WANTS_TO_BE_PAID = Semicolon "wants-to-be-paid", "wants to be paid at 0x{wallet}";
    CALLS_OFF = Semicolon "calls-off", "calls a change of the payout address off";
    OPENS_CAMPAIGN = Semicolon "opens-campaign",
        "opens campaign `{title}`: {count} units at {price} each";
    SEALS = Semicolon "seals", "seals {count} answers in campaign {campaign}";
    CLOSES_CAMPAIGN = Semicolon "closes-campaign",
        "closes campaign {campaign}: its label set is an asset now";
    REGISTERS = Semicolon "registers", "registers `{title}`, content {content}";
    SETS_ASIDE = Semicolon "sets-aside", "sets {units} aside for uses of asset {asset}";
    METERS = Semicolon "meters", "meters {uses} uses of asset {asset} in segment {segment}";
    REPLACES = Semicolon "replaces",
        "replaces a sealed answer of entry {entry} in campaign {campaign}";
    APPEALS = Semicolon "appeals",
        "appeals the rejection of block {block} in campaign {campaign}";
    FINDS_FOR = Semicolon "finds-for",
        "finds in campaign {campaign} that block {block} of account {account} deserves its pay";
    FINDS_AGAINST = Semicolon "finds-against",
        "finds in campaign {campaign} that block {block} of account {account} stays rejected";
    BUYS_GRANT = Semicolon "buys-grant", "buys a grant for asset {asset} for {units}";
    REVOKES_GRANT = Semicolon "revokes-grant", "revokes grant {grant}";
    WAIVES = Semicolon "waives",
        "offers account {account} a floor of {floor} for asset {asset}";
    LISTS = Semicolon "lists", "lists asset {asset}";
}

/// A command in a few words of English.
pub fn command(command: &Command) -> String {
    told(command).to_string()
}

/// The same for pages, which say it in their language.
pub fn told(command: &Command) -> Statement {
    account_words(command)
        .or_else(|| dispute_words(command))
        .or_else(|| market_words(command))
        .or_else(|| keeping::told(command))
        .unwrap_or_else(|| Statement::raw(format!("{command:?}"), Joint::Semicolon))
}

fn account_words(command: &Command) -> Option<Statement> {
    Some(match command {
        Command::OpenAccount(open) => Statement::new(JOINS, [("scope", rights(open.scope))]),
        Command::DiscloseWallet(open) => {
            Statement::new(DISCLOSES, [("wallet", Gap::id(open.wallet))])
        }
        Command::BindPayout(bind) => {
            Statement::new(WANTS_TO_BE_PAID, [("wallet", Gap::id(bind.wallet))])
        }
        Command::CallOffPayout(_) => Statement::plain(CALLS_OFF),
        Command::OpenCampaign(spec) => {
            let title = ("title", Name(spec.title.clone()));
            let count = ("count", Count(spec.unit_count.into()));
            let price = ("price", Units(spec.price_units.units()));
            Statement::new(OPENS_CAMPAIGN, [title, count, price])
        }
        Command::SealAnswers(sealed) => {
            let count = ("count", Count(sealed.commitments.len() as u64));
            Statement::new(SEALS, [count, ("campaign", Gap::id(sealed.campaign))])
        }
        Command::CloseCampaign(id) => Statement::new(CLOSES_CAMPAIGN, [("campaign", Gap::id(*id))]),
        _ => return None,
    })
}

/// Answers taken back, appeals and verdicts.
fn dispute_words(command: &Command) -> Option<Statement> {
    Some(match command {
        Command::ReplaceAnswer(replace) => {
            let entry = ("entry", Gap::id(replace.entry));
            Statement::new(REPLACES, [entry, ("campaign", Gap::id(replace.campaign))])
        }
        Command::Appeal(appeal) => {
            let block = ("block", Gap::id(appeal.block));
            Statement::new(APPEALS, [block, ("campaign", Gap::id(appeal.campaign))])
        }
        Command::GiveVerdict(verdict) => {
            let phrase = match verdict.upheld {
                true => FINDS_FOR,
                false => FINDS_AGAINST,
            };
            let campaign = ("campaign", Gap::id(verdict.campaign));
            let block = ("block", Gap::id(verdict.block));
            Statement::new(
                phrase,
                [campaign, block, ("account", Gap::id(verdict.account))],
            )
        }
        _ => return None,
    })
}

/// Assets, and what is paid for their use.
fn market_words(command: &Command) -> Option<Statement> {
    Some(match command {
        Command::RegisterAsset(asset) => {
            let title = ("title", Name(asset.title.clone()));
            Statement::new(REGISTERS, [title, ("content", short(&asset.content))])
        }
        Command::GrantAllowance(grant) => {
            let units = ("units", Units(grant.cap_units.units()));
            Statement::new(SETS_ASIDE, [units, ("asset", Gap::id(grant.asset))])
        }
        Command::PostSegment(segment) => {
            let uses = segment.totals.iter().map(|total| u64::from(total.uses));
            let uses = ("uses", Count(uses.sum()));
            let asset = ("asset", Gap::id(segment.asset));
            Statement::new(METERS, [uses, asset, ("segment", Gap::id(segment.number))])
        }
        Command::BuyGrant(buy) => {
            let units = ("units", Units(buy.amount_units.units()));
            Statement::new(BUYS_GRANT, [("asset", Gap::id(buy.asset)), units])
        }
        Command::RevokeGrant(grant) => Statement::new(REVOKES_GRANT, [("grant", Gap::id(*grant))]),
        Command::WaiveFloor(waive) => {
            let account = ("account", Gap::id(waive.account));
            let floor = ("floor", Gap::Share(waive.floor.ppm()));
            Statement::new(WAIVES, [account, floor, ("asset", Gap::id(waive.asset))])
        }
        Command::ListAsset(list) => Statement::new(LISTS, [("asset", Gap::id(list.asset))]),
        _ => return None,
    })
}

/// What a key may do.
fn rights(scope: protocol::Scope) -> Gap {
    let words = scope.text();
    Gap::Words("scope", words.split(' ').map(str::to_owned).collect())
}

/// Enough of a hash to tell it from others.
fn short(hash: &Hash) -> Gap {
    Name(hash.to_string()[..12].to_owned())
}
