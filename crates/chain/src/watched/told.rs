//! What the contracts' events have told whoever watches, each with the height of its block.

use std::collections::BTreeMap;

use alloy_sol_types::SolEvent as _;

use crate::Error;
use crate::contract::{self, Epochs, Settlement};
use crate::credit::Redeemed;
use crate::settlement::{Post, Total};
use crate::taken::Moved;
use crate::wire::{Event, Wire};

/// Blocks that are read again at each look: a chain takes no more back.
const OVERLAP: u64 = 128;

/// A post, as it was announced.
#[derive(Clone, Debug)]
pub(super) struct Announced {
    pub height: u64,
    pub post: Post,
    /// Hash of the transaction that has posted.
    pub tx_hash: [u8; 32],
}

/// All events that matter, up to a block.
#[derive(Debug)]
pub(super) struct Told {
    /// By epoch.
    pub posts: BTreeMap<u64, Announced>,
    challengers: BTreeMap<u64, (u64, [u8; 20])>,
    vetoed: BTreeMap<u64, u64>,
    moved: Vec<(u64, Moved)>,
    redeemed: Vec<(u64, Redeemed)>,
    /// What came into the pot, by token: each redemption is one of these.
    inflows: Vec<(u64, ([u8; 20], u128))>,
    /// The first block that is read at the next look.
    next: u64,
}

impl Told {
    /// Nothing yet, before a block.
    pub fn before(block: u64) -> Self {
        Self {
            posts: BTreeMap::new(),
            challengers: BTreeMap::new(),
            vetoed: BTreeMap::new(),
            moved: Vec::new(),
            redeemed: Vec::new(),
            inflows: Vec::new(),
            next: block,
        }
    }

    /// Reads on up to a height. What the chain has taken back since is forgotten.
    ///
    /// # Errors
    /// With `waiting` where there was no time for all: the next call goes on.
    pub fn follow(
        &mut self,
        wire: &dyn Wire,
        (settlement, escrow): ([u8; 20], [u8; 20]),
        height: u64,
    ) -> Result<(), Error> {
        let from = self.next;
        self.forget(from);
        let mut kinds = vec![
            Settlement::Posted::SIGNATURE_HASH.0,
            Settlement::Challenged::SIGNATURE_HASH.0,
            Settlement::Vetoed::SIGNATURE_HASH.0,
            Settlement::InflowNoted::SIGNATURE_HASH.0,
            Redeemed::KIND,
        ];
        kinds.extend(Moved::KINDS);
        let read = wire.events(&[settlement, escrow], &kinds, (from, height))?;
        for event in &read.found {
            if event.log.address == escrow {
                let (height, log) = (event.height, &event.log);
                self.moved.extend(Moved::of(log).map(|it| (height, it)));
                let redeemed = Redeemed::of(log);
                self.redeemed.extend(redeemed.map(|it| (height, it)));
            } else {
                self.note(event);
            }
        }
        let settled = height.saturating_add(1).saturating_sub(OVERLAP);
        self.next = read.next.min(settled).max(from);
        if read.next > height {
            return Ok(());
        }
        Err(Error::waiting(format!(
            "the contracts' events are read up to block `{}` of `{height}`\nhint: the next look \
             goes on there; begin at the block in which they were deployed, or use a server that \
             shows more blocks at a time",
            read.next.saturating_sub(1)
        )))
    }

    /// Whoever has ever challenged an epoch.
    pub fn challenger(&self, id: u64) -> Option<[u8; 20]> {
        self.challengers.get(&id).map(|(_, challenger)| *challenger)
    }

    /// Whether an epoch was vetoed.
    pub fn is_vetoed(&self, id: u64) -> bool {
        self.vetoed.contains_key(&id)
    }

    /// What epochs have moved of deposits, in order.
    pub fn moved(&self) -> impl Iterator<Item = &Moved> {
        self.moved.iter().map(|(_, moved)| moved)
    }

    /// Vouchers that were redeemed, in order.
    pub fn redeemed(&self) -> impl Iterator<Item = Redeemed> {
        self.redeemed.iter().map(|(_, redeemed)| *redeemed)
    }

    /// All that has come into the pot in a token, in base units.
    pub fn inflow(&self, token: [u8; 20]) -> u128 {
        let own = self.inflows.iter().filter(|(_, (of, _))| *of == token);
        // A server may have made them up: no sum of theirs may end the process.
        own.fold(0, |sum: u128, (_, (_, amount))| sum.saturating_add(*amount))
    }

    fn forget(&mut self, from: u64) {
        self.posts.retain(|_, it| it.height < from);
        self.challengers.retain(|_, (height, _)| *height < from);
        self.vetoed.retain(|_, height| *height < from);
        self.moved.retain(|(height, _)| *height < from);
        self.redeemed.retain(|(height, _)| *height < from);
        self.inflows.retain(|(height, _)| *height < from);
    }

    fn note(&mut self, event: &Event) {
        let height = event.height;
        if let Some(challenged) = contract::event::<Settlement::Challenged>(&event.log) {
            let challenger = challenged.challenger.into();
            self.challengers.insert(challenged.id, (height, challenger));
        }
        if let Some(vetoed) = contract::event::<Settlement::Vetoed>(&event.log) {
            self.vetoed.insert(vetoed.id, height);
        }
        if let Some(noted) = contract::event::<Settlement::InflowNoted>(&event.log) {
            let inflow = (noted.token.into(), noted.amount.saturating_to());
            self.inflows.push((height, inflow));
        }
        if let Some(posted) = contract::event::<Settlement::Posted>(&event.log) {
            let announced = Announced {
                height,
                post: post(&posted),
                tx_hash: event.tx_hash,
            };
            self.posts.insert(posted.id, announced);
        }
    }
}

fn post(posted: &Settlement::Posted) -> Post {
    let total = |total: &Epochs::Totals| Total {
        token: total.token.into(),
        amount: total.amount.to(),
    };
    Post {
        id: posted.id,
        parent: posted.parent,
        root: posted.root.into(),
        totals: posted.totals.iter().map(total).collect(),
        checkpoint_root: posted.checkpointRoot.into(),
        log_size: posted.logSize,
        log_time_ms: posted.logTimeMs,
        data_hash: posted.dataHash.into(),
    }
}
