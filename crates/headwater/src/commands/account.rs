//! `headwater account`: what an account did, earned, and why.

use crate::cli::Account;
use crate::words::{Paint, money, percent, plural};
use anyhow::{Context as _, Result, bail};
use ledger::State;
use ledger::claims;
use ledger::conduct::Experience;
use ledger::state::Skill;
use node::Node;
use node::staked::ContractStake;
use protocol::document::Outcome;
use protocol::event::PurseOwner;
use protocol::{AccountId, Amount, AssetId, CampaignId, TokenId};
use serde_json::{Value, json};

/// Shows an account of the node in a directory.
pub fn run(args: &Account) -> Result<()> {
    let dir = super::session::existing(args.data.as_deref())?;
    let opened =
        Node::open(&dir).with_context(|| format!("cannot open the node in `{}`", dir.display()))?;
    let state = opened.node.state();
    let id = AccountId(args.id);
    let Some(account) = state.account(id) else {
        let last = state.accounts.len().saturating_sub(1);
        bail!(
            "there is no account {}\nhint: accounts are numbered from 0 to {last}",
            args.id
        );
    };
    let mut view = View::of(state, id)?;
    if let Some(wallet) = account.wallet {
        let token = opened.node.chain().deployment.token();
        view.claimed = Amount::new(opened.node.chain().claimed(wallet.0, token)?);
    }
    if args.json {
        println!("{}", view.json(id, &account));
    } else {
        view.print(id, &account);
    }
    Ok(())
}

struct View {
    earned: Amount,
    payable: Amount,
    claimed: Option<Amount>,
    skills: Vec<(String, Skill)>,
    evidence: Vec<(String, AccountId, Experience)>,
    shares: Vec<(AssetId, String, u32, u32, Amount)>,
    deposits: Vec<(u64, Amount, Amount)>,
    work: Vec<(CampaignId, String, u32, u32, String)>,
    stake: Option<ContractStake>,
}

/// What campaigns of each requester have shown of an account, by skill.
fn evidence(state: &State, id: AccountId) -> Vec<(String, AccountId, Experience)> {
    let rows = state
        .practice
        .evidence
        .range((id, String::new(), AccountId(0))..);
    rows.take_while(|((account, ..), _)| *account == id)
        .map(|((_, skill, requester), known)| (skill.clone(), *requester, *known))
        .collect()
}

impl View {
    fn of(state: &State, id: AccountId) -> Result<Self> {
        let mut view = Self {
            earned: state.book.balance(PurseOwner::Earned(id), TokenId(0)),
            payable: Amount::ZERO,
            claimed: None,
            skills: state
                .skills
                .range((id, String::new())..)
                .take_while(|((account, _), _)| *account == id)
                .map(|((_, skill), shown)| (skill.clone(), *shown))
                .collect(),
            evidence: evidence(state, id),
            shares: Vec::new(),
            deposits: Vec::new(),
            work: Vec::new(),
            stake: ContractStake::of(state, id),
        };
        let tokens = state.token_count().max(1);
        let payable = claims::due(state, |purse| purse.payable)
            .map_err(|rejection| anyhow::anyhow!("cannot sum what is due: {rejection}"))?;
        view.payable = payable
            .get(id.index() * tokens)
            .copied()
            .unwrap_or_default();
        for (number, asset) in (0u32..).map(AssetId).zip(&state.assets) {
            let shares = &asset.registered.shares;
            let Ok(place) = shares.binary_search_by_key(&id, |share| share.0) else {
                continue;
            };
            let pool = state.book.balance(PurseOwner::Pool(number), TokenId(0));
            let part = pool.part(shares[place].1, asset.total_shares);
            let part = part.unwrap_or_default();
            let title = asset.registered.title.clone();
            view.shares
                .push((number, title, shares[place].1, asset.total_shares, part));
        }
        for fund in state.funds.iter().filter(|fund| fund.account == id) {
            let free = state.book.balance(PurseOwner::Fund(fund.fund), fund.token);
            view.deposits.push((fund.fund.0, fund.amount_units, free));
        }
        for (number, campaign) in (0u32..).map(CampaignId).zip(&state.campaigns) {
            let Some(work) = campaign.work.get(&id) else {
                continue;
            };
            let released = |outcome: Outcome| matches!(outcome, Outcome::Released(_));
            let count = work
                .blocks
                .iter()
                .filter(|block| released(block.outcome))
                .count();
            let reason = ledger::reason::reason(state, number, id)
                .unwrap_or_default()
                .to_string();
            let title = campaign.spec.title.clone();
            let blocks = u32::try_from(work.blocks.len())?;
            view.work
                .push((number, title, u32::try_from(count)?, blocks, reason));
        }
        Ok(view)
    }

    fn total(&self) -> Amount {
        let shares = self.shares.iter().map(|row| row.4);
        shares.fold(self.earned, |sum, part| {
            sum.checked_add(part).unwrap_or(Amount::MAX)
        })
    }

    fn print(&self, id: AccountId, account: &ledger::accounts::Account) {
        let paint = Paint::new();
        println!("{}", paint.bold(&format!("Account {id}")));
        println!(
            "  session key {} (may {})",
            account.key,
            account.scope.text()
        );
        match account.wallet {
            Some(wallet) => println!("  wallet      0x{wallet}"),
            None => {
                println!("  wallet      not disclosed; earnings wait in the ledger until it is")
            }
        }
        println!(
            "  earned      {} in all, {} of it on the settlement contract, {} paid out",
            money(self.total()),
            money(self.payable),
            money(self.claimed.unwrap_or_default())
        );
        for (skill, shown) in &self.skills {
            let checks = match (shown.gold_right, shown.gold_seen) {
                (_, 0) => "no hidden checks yet".to_owned(),
                (right, seen) => format!("{right} of {seen} hidden checks right in all campaigns"),
            };
            let reputation = percent(u64::from(shown.reputation.ppm()), 1_000_000);
            println!("  skill       {skill}: reputation {reputation} after the last campaign");
            println!("              {checks}");
        }
        self.print_evidence();
        for (fund, amount, free) in &self.deposits {
            println!(
                "  deposit {fund:<4}{} paid in, {} free",
                money(*amount),
                money(*free)
            );
        }
        if let Some(stake) = &self.stake {
            print_stake(stake);
        }
        for (campaign, title, released, blocks, reason) in &self.work {
            println!(
                "  campaign {campaign} `{title}`: {released} of {} released",
                plural(u64::from(*blocks), "block")
            );
            println!("              {reason}");
        }
        for (asset, title, share, total, part) in &self.shares {
            println!(
                "  asset {asset} `{title}`: {share} of {total} shares, {} so far",
                money(*part)
            );
        }
    }

    fn print_evidence(&self) {
        for (skill, requester, known) in &self.evidence {
            let right = f64::from(known.evidence.right_milli) / 1e3;
            let seen = f64::from(known.evidence.seen_milli) / 1e3;
            println!(
                "  evidence    {skill}, for requester {requester}: {right} of {seen} answers right"
            );
            let left = percent(u64::from(known.evidence.wealth.ppm()), 1_000_000);
            println!("              {left} of a block is paid on trust in the next campaign");
        }
    }

    fn json(&self, id: AccountId, account: &ledger::accounts::Account) -> Value {
        let work = self
            .work
            .iter()
            .map(|(campaign, title, released, blocks, reason)| {
                json!({
                    "campaign": campaign.0, "title": title, "blocks": blocks,
                    "released": released, "reason": reason,
                })
            });
        let shares = self
            .shares
            .iter()
            .map(|(asset, title, share, total, part)| {
                json!({
                    "asset": asset.0, "title": title, "shares": share, "of": total,
                    "units": part.to_string(),
                })
            });
        let deposits = self.deposits.iter().map(|(fund, amount, free)| {
            json!({
                "deposit": fund, "amount_units": amount.to_string(),
                "free_units": free.to_string(),
            })
        });
        let skills = self.skills.iter().map(|(skill, shown)| {
            json!({
                "skill": skill, "reputation_ppm": shown.reputation.ppm(),
                "gold_right": shown.gold_right, "gold_seen": shown.gold_seen,
            })
        });
        let evidence = self.evidence.iter().map(|(skill, requester, known)| {
            json!({
                "skill": skill, "requester": requester.0,
                "right_milli": known.evidence.right_milli, "seen_milli": known.evidence.seen_milli,
                "wealth_ppm": known.evidence.wealth.ppm(),
                "reputation_ppm": known.reputation.ppm(), "campaigns": known.campaigns,
            })
        });
        json!({
            "account": id.0,
            "session_key": account.key.to_string(),
            "scope": account.scope.text(),
            "wallet": account.wallet.map(|wallet| format!("0x{wallet}")),
            "earned_units": self.total().to_string(),
            "payable_units": self.payable.to_string(),
            "claimed_units": self.claimed.unwrap_or_default().to_string(),
            "skills": skills.collect::<Vec<_>>(),
            "evidence": evidence.collect::<Vec<_>>(),
            "work": work.collect::<Vec<_>>(),
            "shares": shares.collect::<Vec<_>>(),
            "deposits": deposits.collect::<Vec<_>>(),
            "stake": self.stake,
        })
    }
}

fn print_stake(stake: &ContractStake) {
    println!(
        "  stake       {} in {}, {} of it counted on by campaigns",
        money(stake.active_units),
        stake.contract,
        money(stake.locked_units)
    );
    println!(
        "              {} on its way out, {} slashed, {} still to be slashed",
        money(stake.leaving_units),
        money(stake.slashed_units),
        money(stake.due_units)
    );
}
