//! The contracts against the ledger: same money in, same roots, nothing paid that is not owed.

mod credit;
mod debits;

use crate::contracts;
use crate::outcome::Ledger;
use crate::paying::Paying;
use crate::source::{ChainFacts, Debit, Deposit, Posted};
use crate::{Audit, ChainCount, Fault, Progress, Report, Stage};
use ledger::chain::{FIRST, Site};
use proof::claim::LineKind;
use protocol::command::CreditDeposit;
use protocol::event::PurseOwner;
use protocol::{AccountId, Address, EpochId, FundId, TokenId};
use std::collections::BTreeMap;

type ByToken = BTreeMap<[u8; 20], u128>;

/// What a chain has borne out of the ledger.
pub(crate) struct Matched {
    count: ChainCount,
    claimed: ByToken,
}

impl Matched {
    /// Adds it to what the log alone says.
    pub fn complete(&self, report: &mut Report) {
        let own = |chain_id: u64| chain_id == self.count.chain_id;
        let chains = report.chains.iter_mut();
        for count in chains.filter(|it| own(it.chain_id)) {
            count.clone_from(&self.count);
        }
        let money = report.money.iter_mut();
        for sums in money.filter(|sums| own(sums.chain_id)) {
            sums.claimed = Some(self.claimed.get(&sums.token).copied().unwrap_or(0));
        }
    }
}

/// Compares everything that both sides know.
pub(crate) fn check(
    audit: &Audit<'_>,
    facts: &ChainFacts,
    progress: &mut dyn FnMut(Progress),
) -> Result<Matched, Fault> {
    let sides = Sides::new(audit, facts)?;
    let ledger = sides.ledger;
    sides.check_deposits()?;
    sides.check_redemptions()?;
    let (mut roots, mut vetoed) = (0, 0);
    for (done, epoch) in (1..).zip(&facts.posted) {
        if epoch.vetoed {
            vetoed += 1;
        } else {
            sides.check_posted(epoch)?;
            roots += 1;
        }
        let total = facts.posted.len() as u64;
        progress(Progress {
            stage: Stage::Chain,
            done,
            total,
        });
    }
    sides.check_debits()?;
    sides.check_released()?;
    let paying = Paying::read(audit.source, ledger, facts, &sides.site.domain())?;
    let beside_why = match sides.site.chain {
        FIRST if facts.beside_read => None,
        FIRST => Some(
            facts
                .beside_why
                .clone()
                .unwrap_or_else(|| "not read".to_owned()),
        ),
        _ => Some("stakes and votes stand on the first chain alone".to_owned()),
    };
    if beside_why.is_none() {
        crate::beside::check(facts, ledger, &paying)?;
    }
    let claimed = sides.check_claimed(&paying)?;
    let count = ChainCount {
        chain_id: facts.chain_id,
        checked: true,
        roots_matched: roots,
        vetoed,
        beside_checked: beside_why.is_none(),
        beside_why,
    };
    Ok(Matched { count, claimed })
}

/// One posted epoch, and nothing else.
pub(crate) fn check_one(
    audit: &Audit<'_>,
    facts: &ChainFacts,
    posted: &Posted,
) -> Result<(), Fault> {
    Sides::new(audit, facts)?.check_posted(posted)
}

/// What the log notes of redeemed vouchers, and nothing else.
pub(crate) fn check_redemptions(audit: &Audit<'_>, facts: &ChainFacts) -> Result<(), Fault> {
    Sides::new(audit, facts)?.check_redemptions()
}

/// What is wrong with the debits of each epoch.
pub(crate) fn debit_faults(
    audit: &Audit<'_>,
    facts: &ChainFacts,
) -> Result<BTreeMap<u64, Fault>, Fault> {
    Ok(Sides::new(audit, facts)?.debit_faults())
}

struct Sides<'a> {
    audit: &'a Audit<'a>,
    facts: &'a ChainFacts,
    ledger: &'a Ledger,
    /// Whichever of the log's chains was read: what is of the others is not looked at.
    site: Site<'a>,
}

impl<'a> Sides<'a> {
    fn new(audit: &'a Audit<'_>, facts: &'a ChainFacts) -> Result<Self, Fault> {
        let ledger = audit.replay.ledger()?;
        let site = contracts::site(facts, ledger)?;
        Ok(Self {
            audit,
            facts,
            ledger,
            site,
        })
    }

    /// Every deposit that the ledger credited is the contract's; newer ones wait for the ledger.
    fn check_deposits(&self) -> Result<(), Fault> {
        let deposits = self.facts.deposits.iter();
        let held: BTreeMap<u64, &Deposit> = deposits.map(|it| (it.id, it)).collect();
        let state = &self.ledger.state;
        for id in 1..=state.deposits_on(self.site.chain) {
            let fund = state.fund_on(self.site.chain, id);
            let known = fund.and_then(|fund| Some((fund, state.fund(fund)?)));
            let (fund, credited) = known.expect("deposits of a chain are numbered without gaps");
            let (seq, accounts) = &self.ledger.credited_at[fund.index() - 1];
            let Some(deposit) = held.get(&id) else {
                let what = format!(
                    "entry {seq} credits deposit {id}, which the Escrow contract does not have"
                );
                return Err(Fault::new("deposit_unknown", what).of_entry(*seq));
            };
            self.check_deposit(credited, deposit, *accounts)
                .map_err(|fault| fault.of_entry(*seq))?;
        }
        let given_back = self.given_back();
        for deposit in &self.facts.deposits {
            let fund = state.fund_on(self.site.chain, deposit.id);
            let noted = fund.and_then(|fund| self.ledger.refunds.get(&fund.0));
            let noted = noted.copied().unwrap_or(0);
            let unnoted = deposit.refunded.checked_sub(noted);
            let free = fund.map_or(0, |fund| self.free(fund));
            let back = given_back.get(&deposit.id).copied().unwrap_or(0);
            if unnoted.is_none_or(|unnoted| unnoted > free.saturating_add(back)) {
                let what = format!(
                    "the Escrow contract has refunded {} units of deposit {}, \
                     the log notes {noted} and has {free} free",
                    deposit.refunded, deposit.id,
                );
                return Err(Fault::new("refund_differs", what));
            }
        }
        Ok(())
    }

    /// What the ledger has promised to nobody in a deposit. Anyone may make the contract refund
    /// that much, and the log notes it later.
    fn free(&self, fund: FundId) -> u128 {
        let token = self.ledger.state.fund(fund).map(|fund| fund.token);
        token.map_or(0, |token| {
            let book = &self.ledger.state.book;
            book.balance(PurseOwner::Fund(fund), token).units()
        })
    }

    /// A deposit that names no account of the time belongs to account 0 in the ledger: nobody can
    /// spend it, and the contract refunds it to its funder.
    fn check_deposit(
        &self,
        credited: &CreditDeposit,
        deposit: &Deposit,
        accounts: usize,
    ) -> Result<(), Fault> {
        let named = AccountId(deposit.account);
        let owner = if named.index() < accounts {
            named
        } else {
            AccountId(0)
        };
        let token = Address(self.token(credited.token));
        let amount = credited.amount_units.units();
        let cap = credited.epoch_cap_units.units();
        let pairs = [
            ("account", credited.account.to_string(), owner.to_string()),
            (
                "token",
                format!("0x{token}"),
                format!("0x{}", Address(deposit.token)),
            ),
            ("amount", amount.to_string(), deposit.amount.to_string()),
            (
                "cap per epoch",
                cap.to_string(),
                deposit.epoch_cap.to_string(),
            ),
            (
                "closing time",
                credited.closes_ms.to_string(),
                deposit.closes_ms.to_string(),
            ),
        ];
        match pairs.iter().find(|(_, log, chain)| log != chain) {
            None => Ok(()),
            Some((name, log, chain)) => {
                let what = format!(
                    "deposit {}: the ledger has the {name} {log}, the Escrow contract {chain}",
                    deposit.id
                );
                Err(Fault::new("deposit_differs", what))
            }
        }
    }

    fn check_posted(&self, posted: &Posted) -> Result<(), Fault> {
        let id = posted.id;
        let number = id.checked_sub(1).and_then(|id| usize::try_from(id).ok());
        let epochs = &self.ledger.state.epochs;
        let Some((number, epoch)) = number.and_then(|at| Some((at, epochs.get(at)?))) else {
            let what = format!("epoch {id} is posted, but the log has not closed it");
            return Err(Fault::new("epoch_unknown", what));
        };
        let seq = epoch.log_size - 1;
        let own = epoch.totals.iter().filter(|it| self.site.holds(it.token));
        let totals = own.map(|it| (self.token(it.token), it.amount_units.units()));
        let (size, parent) = (posted.log_size, self.live_before(id));
        let root = self.audit.root_at(size)?;
        let checks = [
            (
                "epoch_root",
                posted.root == epoch.root.0,
                "with another root than",
                None,
            ),
            (
                "epoch_totals",
                by_token(totals) == by_token(posted.totals.iter().copied()),
                "with other totals than",
                None,
            ),
            (
                "epoch_parent",
                posted.parent == parent,
                "upon another epoch than",
                Some(format!("{parent}, the newest that stands before")),
            ),
            (
                "epoch_file",
                posted.data_hash == self.ledger.claim_files[number],
                "with another hash than",
                Some(format!("`claims/{id}.json` of")),
            ),
            (
                "epoch_log",
                size >= epoch.log_size && root == Some(posted.checkpoint_root),
                "upon another log than",
                Some(format!("this one at size {size}, with")),
            ),
            (
                "epoch_time",
                posted.log_time_ms == epoch.time_ms,
                "for another time than",
                None,
            ),
        ];
        let broken = checks.into_iter().find(|(_, holds, ..)| !holds);
        broken.map_or(Ok(()), |(code, _, what, whose)| {
            let whose = whose.map_or(String::new(), |whose| format!(" {whose}"));
            let what = format!("epoch {id} is posted {what}{whose} entry {seq}");
            Err(Fault::new(code, what).of_entry(seq))
        })
    }

    /// The newest epoch before this one that is not vetoed; 0 is the state before any.
    fn live_before(&self, id: u64) -> u64 {
        let posted = self.facts.posted.iter();
        let live = posted.filter(|it| !it.vetoed && it.id < id);
        live.map(|it| it.id).max().unwrap_or(0)
    }

    fn token(&self, id: TokenId) -> [u8; 20] {
        let address = self.ledger.state.token(id);
        address.expect("`decide` knows every token").0
    }

    /// What the ledger counts as payable stands in the Settlement contract.
    fn check_released(&self) -> Result<(), Fault> {
        let noted = self.ledger.released_at.iter();
        let own = noted.filter(|((chain, _), _)| *chain == self.site.chain);
        for ((_, EpochId(id)), seq) in own {
            let id = *id;
            let is_final = |posted: &Posted| posted.id == id && posted.final_;
            let is_pending = |debit: &Debit| debit.epoch == id && !debit.released;
            let debits = &self.facts.debits;
            if !self.facts.posted.iter().any(is_final) || debits.iter().any(is_pending) {
                let what = format!(
                    "entry {seq} notes the release of epoch {id}, the chain has not released it"
                );
                return Err(Fault::new("release_unknown", what).of_entry(*seq));
            }
        }
        Ok(())
    }

    /// Nobody has been paid more than a line of the newest final epoch; the sums by token.
    fn check_claimed(&self, paying: &Paying) -> Result<ByToken, Fault> {
        let mut paid: BTreeMap<([u8; 20], [u8; 20]), u128> = BTreeMap::new();
        for claimed in &self.facts.claimed {
            let sum = paid.entry((claimed.account, claimed.token)).or_default();
            *sum = sum.saturating_add(claimed.amount);
        }
        for ((account, token), amount) in &paid {
            let line = paying.line((*account, LineKind::Pay, *token));
            if *amount > line {
                let (account, token) = (Address(*account), Address(*token));
                let what = format!(
                    "wallet 0x{account} was paid {amount} units of token 0x{token}, \
                     its final line is {line}"
                );
                return Err(Fault::new("claim_above_line", what));
            }
        }
        let sums = by_token(paid.iter().map(|((_, token), amount)| (*token, *amount)));
        if sums != by_token(self.facts.paid.iter().copied()) {
            let what =
                "the Settlement contract has paid other sums than the wallets' claims add up to";
            return Err(Fault::new("paid_differs", what));
        }
        Ok(sums)
    }
}

/// Sums by token, without zeros.
fn by_token(rows: impl Iterator<Item = ([u8; 20], u128)>) -> ByToken {
    let mut sums = ByToken::new();
    for (token, amount) in rows.filter(|(_, amount)| *amount > 0) {
        let sum = sums.entry(token).or_default();
        *sum = sum.saturating_add(amount);
    }
    sums
}
