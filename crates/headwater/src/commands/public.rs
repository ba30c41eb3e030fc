//! The public side of a data directory, as an auditor reads it: nothing private is opened.

use anyhow::{Context as _, Result};
use audit::source::{ChainFacts, Claimed, Debit, Deposit, Posted, ReadError, Source};
use chain::settlement::Status;
use protocol::command::Genesis;
use protocol::{Command, Entry, UsageRow, codec};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use store::PublicLog;
use store::attachment::Attachments;

/// Public files and the devnet's chain, read only.
pub struct Directory {
    dir: PathBuf,
    log: PublicLog,
}

impl Directory {
    /// That of a node.
    pub fn open(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            log: PublicLog::open(dir),
        }
    }

    /// Entries, receipts and sidecars, without trust in their checkpoint.
    pub fn log(&self) -> &PublicLog {
        &self.log
    }

    /// The chain that the log's first entry names.
    fn open_chain(&self) -> Result<chain::Chain> {
        let size = self.log.checkpoint_unverified()?.head.size;
        let first = self.log.entry(0, size)?;
        let first: Entry = codec::decode(&first).context("the first entry does not decode")?;
        let Command::Genesis(genesis) = first.signed.submission.command else {
            anyhow::bail!("the first entry is no genesis");
        };
        let devnet = chain::Devnet::open_readonly(&self.dir.join("chain"))?;
        let deployment = deployment(&genesis);
        Ok(chain::Chain { devnet, deployment })
    }

    fn facts(&self) -> Result<ChainFacts> {
        let chain = self.open_chain()?;
        let last = chain.last_id().context(
            "the contracts that entry 0 names do not stand on the chain of `chain/transactions`",
        )?;
        chain.check_code()?;
        let mut facts = ChainFacts {
            chain_id: chain::devnet::CHAIN_ID,
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
        for id in 1..=last {
            let posted = chain.posted(id)?.context("a posted epoch")?;
            let released = posted.status == Status::Final && self.released(&chain, id)?;
            facts
                .debits
                .extend(chain.debits(id)?.iter().map(|debit| Debit {
                    epoch: id,
                    fund: debit.id,
                    amount: debit.amount,
                    released,
                }));
            facts.posted.push(epoch(posted));
        }
        for token in &chain.deployment.tokens {
            facts.paid.push((*token, chain.paid(*token)?));
        }
        let payments = chain.payments(chain.devnet.receipts());
        let mut wallets: Vec<([u8; 20], [u8; 20])> = payments
            .iter()
            .map(|payment| (payment.account, payment.token))
            .collect();
        wallets.sort_unstable();
        wallets.dedup();
        for (account, token) in wallets {
            let amount = chain.claimed(account, token)?;
            facts.claimed.push(Claimed {
                account,
                token,
                amount,
            });
        }
        Ok(facts)
    }

    fn released(&self, chain: &chain::Chain, id: u64) -> Result<bool> {
        let mut pending = 0;
        for token in &chain.deployment.tokens {
            pending += chain.pending(id, *token)?;
        }
        Ok(pending == 0)
    }
}

fn deployment(genesis: &Genesis) -> chain::Deployment {
    chain::Deployment {
        tokens: genesis.tokens.iter().map(|token| token.0).collect(),
        settlement: genesis.settlement.0,
        escrow: genesis.escrow.0,
    }
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

fn epoch(posted: chain::settlement::Posted) -> Posted {
    let post = posted.post;
    Posted {
        id: post.id,
        parent: post.parent,
        root: post.root,
        totals: post
            .totals
            .iter()
            .map(|total| (total.token, total.amount))
            .collect(),
        checkpoint_root: post.checkpoint_root,
        log_size: post.log_size,
        log_time_ms: post.log_time_ms,
        data_hash: post.data_hash,
        vetoed: posted.status == Status::Vetoed,
        final_: posted.status == Status::Final,
    }
}

impl Source for Directory {
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        read(&self.dir.join("log").join(path))
    }

    fn document(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        let attachment = read(&self.dir.join(Attachments::name(hash)))?;
        match attachment {
            Some(bytes) => Ok(Some(bytes)),
            None => self.log.openings().read(hash).map_err(unreadable),
        }
    }

    fn claims(&self, epoch: u64) -> Result<Option<Vec<u8>>, ReadError> {
        self.log.claims().read(epoch).map_err(unreadable)
    }

    fn usage_rows(&self, parquet: &[u8]) -> Result<Vec<UsageRow>, ReadError> {
        node::meter::read(parquet.to_vec())
            .ok_or_else(|| ReadError("the file is no segment of uses".to_owned()))
    }

    fn chain(&self) -> Result<Option<ChainFacts>, ReadError> {
        self.facts()
            .map(Some)
            .map_err(|error| ReadError(format!("{error:#}")))
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, ReadError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ReadError(format!(
            "cannot read `{}`: {error}",
            path.display()
        ))),
    }
}

fn unreadable(error: impl Display) -> ReadError {
    ReadError(error.to_string())
}
