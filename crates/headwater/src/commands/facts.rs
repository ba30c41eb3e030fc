//! What the contracts of a chain say: of the devnet out of its transactions, of others by a server.

mod beside;

use super::ground;
use crate::words;
use anyhow::{Context as _, Result, bail};
use audit::source::{ChainFacts, Claimed, Deposit, Named};
use chain::onlooker::{Pace, Step};
use chain::settlement::Status;
use chain::{Backend, Chain, Endpoint};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use watch::facts::{debit, posted};

/// Where a chain is read.
pub enum Place {
    /// The transactions of an embedded chain, to be run again.
    Devnet(PathBuf),
    /// The same, where they are looked for without having been named: a log that settles elsewhere
    /// has none.
    UsualDevnet(PathBuf),
    /// Somebody else's chain.
    Server(Server),
}

/// A JSON-RPC server that has said which chain is its own.
pub struct Server {
    endpoint: Endpoint,
    chain_id: u64,
    /// The first block that may hold an event of the contracts.
    from_block: u64,
}

impl Place {
    /// A server as a flag names it: `URL`, or `URL#BLOCK`. It is asked now which chain is its own,
    /// before anything that takes long.
    pub fn server(named: &str) -> Result<Self> {
        let (endpoint, from_block) = ground::server(named)?;
        let chain_id = endpoint.chain_id();
        let shown = endpoint.server();
        let chain_id = chain_id.with_context(|| format!("cannot read a chain from `{shown}`"))?;
        Ok(Self::Server(Server {
            endpoint,
            chain_id,
            from_block,
        }))
    }

    /// The number of the chain, where a server has said it.
    pub fn chain_id(&self) -> Option<u64> {
        match self {
            Self::Server(server) => Some(server.chain_id),
            Self::Devnet(_) | Self::UsualDevnet(_) => None,
        }
    }

    /// What stands on this chain of those that a log names; `None` where it is the embedded one of
    /// a log that does not settle on it.
    pub fn read(&self, named: &[Named]) -> Result<Option<ChainFacts>> {
        match self {
            Self::Server(server) => server.read(named).map(Some),
            Self::Devnet(dir) | Self::UsualDevnet(dir) => {
                let own = named
                    .iter()
                    .find(|it| it.contracts.chain_id == chain::devnet::CHAIN_ID);
                match (own, self) {
                    (Some(own), _) => read_devnet(dir, own).map(Some),
                    (None, Self::UsualDevnet(_)) => Ok(None),
                    (None, _) => bail!(
                        "this log settles on {}, and only the embedded chain can be run again \
                         from a directory\nhint: name a server of the chain with --rpc",
                        settled(named)
                    ),
                }
            }
        }
    }
}

/// The chains of a log, for people.
fn settled(named: &[Named]) -> String {
    let ids: Vec<String> = named
        .iter()
        .map(|it| format!("`{}`", it.contracts.chain_id))
        .collect();
    format!("chain {}", ids.join(" and "))
}

fn read_devnet(dir: &Path, own: &Named) -> Result<ChainFacts> {
    let devnet = chain::Devnet::open_readonly(dir)?;
    let deployment = chain::Deployment {
        tokens: own.contracts.tokens.iter().map(|token| token.0).collect(),
        settlement: own.contracts.settlement.0,
        escrow: own.contracts.escrow.0,
    };
    let chain = Chain { devnet, deployment };
    chain.last_id().context(
        "the contracts that entry 0 names do not stand on the chain of `chain/transactions`",
    )?;
    chain.check_code()?;
    let mut facts = facts(&chain)?;
    beside::read(&chain, own, &mut facts)?;
    Ok(facts)
}

impl Server {
    fn read(&self, named: &[Named]) -> Result<ChainFacts> {
        let (chain_id, shown) = (self.chain_id, self.endpoint.server());
        let Some(own) = named.iter().find(|it| it.contracts.chain_id == chain_id) else {
            bail!(
                "`{shown}` is a server of chain `{chain_id}`, and this log settles on {}\n\
                 hint: name a server of that chain",
                settled(named)
            );
        };
        let place = (own.contracts.settlement.0, self.from_block);
        let looked = self.look(own, place);
        looked.with_context(|| format!("chain `{chain_id}` at `{shown}`"))
    }

    /// The pot with what stands beside it, or else the pot alone and why.
    fn look(&self, own: &Named, place: ([u8; 20], u64)) -> Result<ChainFacts> {
        let why = match beside::is_embedded(own) {
            true => beside::EMBEDDED.to_owned(),
            false => {
                let contracts = beside::contracts(own);
                let endpoint = self.endpoint.clone();
                let pace = self.pace();
                let looked: Result<ChainFacts> =
                    Chain::look(endpoint, place, &contracts, pace, |chain| {
                        let mut facts = facts(chain)?;
                        beside::read(chain, own, &mut facts)?;
                        Ok(facts)
                    });
                match looked {
                    Ok(facts) => return Ok(facts),
                    Err(error) => one_line(&error),
                }
            }
        };
        let mut facts = Chain::look(self.endpoint.clone(), place, &[], self.pace(), facts)?;
        facts.beside_why = Some(why);
        Ok(facts)
    }

    /// Says on standard error how far the reading is, where it takes long.
    fn pace(&self) -> Pace {
        let shown = format!("chain `{}` at `{}`", self.chain_id, self.endpoint.server());
        Pace::new(Arc::new(ground::Machine), move |step| {
            eprintln!("  reading    {shown}: {}", so_far(step));
        })
    }
}

fn so_far(step: Step) -> String {
    let count = |number: u64| words::count(number.into());
    match step {
        Step::Events { read, last } => format!(
            "the contracts' events up to block {} of {}",
            count(read),
            count(last)
        ),
        Step::Answers(answers) => format!("{} answers of the contracts", count(answers)),
    }
}

/// What went wrong, without what to do about it.
fn one_line(error: &anyhow::Error) -> String {
    let words = format!("{error:#}");
    words.lines().next().unwrap_or_default().to_owned()
}

/// What Settlement and Escrow hold.
fn facts<B: Backend>(chain: &Chain<B>) -> Result<ChainFacts> {
    let mut facts = ChainFacts {
        chain_id: chain.devnet.chain_id(),
        settlement: chain.deployment.settlement,
        escrow: chain.deployment.escrow,
        tokens: chain.deployment.tokens.clone(),
        deposits: chain
            .deposits()?
            .iter()
            .map(deposit)
            .collect::<Result<_>>()?,
        ..ChainFacts::default()
    };
    let redeemed = chain.redemptions()?.into_iter();
    facts.redeemed = redeemed.map(|it| (it.token, it.amount)).collect();
    for id in 1..=chain.last_id()? {
        let it = chain.posted(id)?.context("a posted epoch")?;
        let released = it.status == Status::Final && released(chain, id)?;
        let taken = chain.taken_each(id)?;
        let debits = taken.iter().map(|taken| debit(id, taken, released));
        facts.debits.extend(debits);
        facts.posted.push(posted(&it.post, it.status));
    }
    facts.returned = chain.returned()?.into_iter().collect();
    for token in &chain.deployment.tokens {
        facts.paid.push((*token, chain.paid(*token)?));
    }
    for ((account, token), amount) in chain.payouts()? {
        facts.claimed.push(Claimed {
            account,
            token,
            amount,
        });
    }
    Ok(facts)
}

fn released<B: Backend>(chain: &Chain<B>, id: u64) -> Result<bool> {
    let mut pending = 0;
    for token in &chain.deployment.tokens {
        pending += chain.pending(id, *token)?;
    }
    Ok(pending == 0)
}

fn deposit(deposit: &chain::escrow::Deposit) -> Result<Deposit> {
    let (zeros, number) = deposit.opening.account.split_at(28);
    let number = u32::from_be_bytes(number.try_into().context("four bytes")?);
    let is_number = zeros.iter().all(|byte| *byte == 0);
    Ok(Deposit {
        id: deposit.id,
        account: if is_number { number } else { u32::MAX },
        token: deposit.token,
        amount: deposit.opening.amount,
        epoch_cap: deposit.opening.max_per_epoch,
        closes_ms: deposit.opening.closes_at_s.saturating_mul(1_000),
        refunded: deposit.refunded,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_how_far_a_slow_chain_is_read() {
        let (read, last) = (19_002_000, 21_000_000);
        let events = "the contracts' events up to block 19,002,000 of 21,000,000";
        assert_eq!(so_far(Step::Events { read, last }), events);
        assert_eq!(
            so_far(Step::Answers(1_204)),
            "1,204 answers of the contracts"
        );
    }
}
