//! The one writer: submissions in, durable entries out, recovery after whatever end.

use crate::door::{Door, Order};
use crate::log::{self, Log};
use crate::office::{Office, Settling};
use crate::round::Desks;
use crate::{Error, Keyring, settling};
use chain::Backend as _;
use chain::deployment::Terms;
use ledger::State;
use ledger::chain::FIRST;
use proof::Checkpoint;
use protocol::command::{Genesis, STATE_EVERY};
use protocol::entry::Submission;
use protocol::{AccountId, Address, Command, Rejection};
use sequencer::{Admission, Offer, Verified};
use std::path::Path;
use std::sync::Arc;
use store::{Files, Kind, Place, Store, Tail};

/// How long an epoch waits for objections on the chain, in seconds.
pub const WINDOW_S: u64 = 24 * 3_600;
const RULING_S: u64 = 7 * 24 * 3_600;

/// A node over one data directory, on one thread, whose time its caller moves.
pub type Node = Office<Alone>;

/// A log of one's own, and the time that it shows.
pub struct Alone {
    pub(crate) log: Log,
    now_ms: u64,
    /// Accepted submissions with their entries and bodies, until the desks have seen them.
    unseen: Vec<(u64, Submission, Vec<u8>)>,
}

/// A node and what its start has found.
pub struct Opened {
    /// Ready for submissions.
    pub node: Node,
    /// Entries that were replayed on top of the snapshot.
    pub replayed: u64,
    /// Sentences about what was repaired.
    pub notices: Vec<String>,
}

impl Node {
    /// Lays out a new node: keys, contracts on the devnet, log, and the first entry. Until the log
    /// is there a crash leaves nothing that a second call with the same keys would not complete;
    /// after that [`Node::open`] and [`Node::resume`] do.
    pub fn create(dir: &Path, keys: Keyring, now_ms: u64) -> Result<Self, Error> {
        Self::create_in(&Place::directory(dir), keys, now_ms)
    }

    /// [`Node::create`] where the log may stand in a bucket.
    pub fn create_in(place: &Place, keys: Keyring, now_ms: u64) -> Result<Self, Error> {
        Self::create_with(place, keys, now_ms, WINDOW_S)
    }

    /// [`Node::create_in`] with another window for objections, for good.
    pub fn create_with(
        place: &Place,
        keys: Keyring,
        now_ms: u64,
        window_s: u64,
    ) -> Result<Self, Error> {
        vacant(place)?;
        keys.save(&place.dir)?;
        let chain = open_chain(&place.dir, &keys, now_ms, window_s)?.into();
        Self::create_on(place, keys, now_ms, chain)
    }

    /// A new node that settles on this chain, for good.
    pub fn create_on(
        place: &Place,
        keys: Keyring,
        now_ms: u64,
        chain: Settling,
    ) -> Result<Self, Error> {
        vacant(place)?;
        keys.save(&place.dir)?;
        let log = Log::create(place, keys)?;
        let mut node = Self::new(Alone::new(log, now_ms), chain, Desks::default());
        node.open_space()?;
        Ok(node)
    }

    /// Whether a directory holds a node that [`Node::open`] can open. Its first start may have
    /// ended before the first entry all the same: see [`Node::has_begun`].
    pub fn exists(dir: &Path) -> bool {
        dir.join("format").exists()
    }

    /// Whether a log holds its first entry, which says for good where it settles.
    ///
    /// # Errors
    /// Where the log cannot be reached.
    pub fn has_begun(place: &Place) -> Result<bool, Error> {
        if !Self::exists(&place.dir) {
            return Ok(false);
        }
        match Tail::open(place, 0)?.poll_to(1) {
            Ok(came) => Ok(!came.is_empty()),
            // An empty journal reads like one that has lost its beginning: opening it tells which.
            Err(error) if error.kind == Kind::Corrupt => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The first entry, and the first checkpoint.
    pub(crate) fn open_space(&mut self) -> Result<(), Error> {
        let deployment = &self.chain.deployment;
        let genesis = Genesis {
            chain_id: self.chain.devnet.chain_id(),
            settlement: Address(deployment.settlement),
            escrow: Address(deployment.escrow),
            tokens: deployment.tokens.iter().copied().map(Address).collect(),
            log_key: self.door.log.keys().log_key().to_string(),
            state_every: STATE_EVERY,
        };
        let first = self.door.log.sign_as(None, Command::Genesis(genesis))?;
        self.door.submit_own("open the space", vec![first])?;
        self.publish()?;
        Ok(())
    }

    /// Opens a node after whatever end: the newest whole snapshot, then the rest of the journal.
    pub fn open(dir: &Path) -> Result<Opened, Error> {
        Self::open_in(&Place::directory(dir))
    }

    /// [`Node::open`] where the log may stand in a bucket.
    pub fn open_in(place: &Place) -> Result<Opened, Error> {
        Self::open_on(place, None)
    }

    /// [`Node::open_in`] with the chain that the node settles on, where that is not the devnet.
    /// Without it such a node can read its log, and not settle.
    pub fn open_on(place: &Place, chain: Option<Settling>) -> Result<Opened, Error> {
        let log::Opened {
            log,
            replayed,
            notices,
        } = Log::open(place)?;
        let now_ms = log.state().time_ms;
        let first = log.state().site(FIRST);
        let first = first.map(|site| (site.chain_id, settling::deployment(&site)));
        let chain = match (first, chain) {
            (Some(first), Some(chain)) => named(first, chain)?,
            (Some((id, own)), None) if id != chain::devnet::CHAIN_ID => Settling::away(id, own),
            (None, Some(chain)) => chain,
            (_, None) => open_chain(&place.dir, log.keys(), now_ms, WINDOW_S)?.into(),
        };
        let now_ms = now_ms.max(chain.devnet.time_s() * 1_000);
        let desks = Desks::recover(log.store(), log.state())?;
        let door = Alone::new(log, now_ms);
        let node = Self::new(door, chain, desks);
        Ok(Opened {
            node,
            replayed,
            notices,
        })
    }

    /// The log and the chain apart, for threads of their own, with what the desks hold.
    pub fn into_parts(self) -> (Log, Settling, Desks) {
        (self.door.log, self.chain, self.desks)
    }

    /// Finishes what the last process began: the first entry, and what stands half done between log
    /// and chain. Returns a sentence about each; none after a clean end.
    pub fn resume(&mut self) -> Result<Vec<String>, Error> {
        let mut done = Vec::new();
        if self.state().genesis.is_none() {
            self.open_space()?;
            done.push("the first entry was missing and has been written".to_owned());
        }
        done.extend(self.catch_up_with_chain()?);
        Ok(done)
    }

    /// The state with everything accepted so far. Between calls all of it is durable.
    pub fn state(&self) -> &State {
        self.door.log.state()
    }

    /// The operator's keys.
    pub fn keys(&self) -> &Keyring {
        self.door.log.keys()
    }

    /// The files of the node.
    pub fn store(&self) -> &Store {
        self.door.log.store()
    }

    /// The node's clock, milliseconds since 1970: log time and the devnet's time.
    pub fn now_ms(&self) -> u64 {
        self.door.now_ms
    }

    /// Lets time pass, on the log and on the devnet.
    pub fn advance(&mut self, milliseconds: u64) -> Result<(), Error> {
        self.door.now_ms += milliseconds;
        self.follow_time().map(drop)
    }

    /// Decides submissions in order and answers when the accepted ones are durable, with one sync
    /// for up to 16 MiB of them. Signatures are checked on every core first. After a batch that
    /// could not be made durable nothing more is taken.
    pub fn submit(
        &mut self,
        offers: Vec<Offer>,
    ) -> Result<Vec<Result<Admission, Rejection>>, Error> {
        let answers = self.door.submit(offers)?;
        self.door.catch_up(&mut self.desks)?;
        Ok(answers)
    }

    /// Writes tiles and signs a checkpoint over everything durable.
    pub fn publish(&mut self) -> Result<Checkpoint, Error> {
        self.door.log.publish()
    }

    /// Publishes and saves a snapshot, so that the next start need not replay.
    pub fn close(&mut self) -> Result<Checkpoint, Error> {
        let checkpoint = self.publish()?;
        let state = self.door.log.state();
        let snapshot = store::snapshot::Snapshot {
            log_size: state.size,
            bytes: state.to_bytes(),
        };
        self.door.log.store.snapshots().save(&snapshot)?;
        if let Ok(devnet) = self.chain.devnet.devnet() {
            devnet.sync()?;
        }
        Ok(checkpoint)
    }
}

impl Alone {
    fn new(log: Log, now_ms: u64) -> Self {
        Self {
            log,
            now_ms,
            unseen: Vec::new(),
        }
    }

    fn submit(&mut self, offers: Vec<Offer>) -> Result<Vec<Result<Admission, Rejection>>, Error> {
        let mut answers = Vec::with_capacity(offers.len());
        for verdict in verify_all(offers) {
            answers.push(match verdict {
                Ok(offer) => self.admit(offer)?,
                Err(rejection) => Err(rejection),
            });
        }
        self.log.commit()?;
        Ok(answers)
    }

    fn admit(&mut self, offer: Verified) -> Result<Result<Admission, Rejection>, Error> {
        let sent = offer.offer().clone();
        let admission = self.log.admit(self.now_ms, offer)?;
        if let Ok(Admission::New(seq)) = admission {
            let submission = sent.signed.submission;
            self.unseen.push((seq, submission, sent.body));
        }
        Ok(admission)
    }

    /// What the operator has signed must be accepted.
    fn submit_own(&mut self, doing: &'static str, offers: Vec<Offer>) -> Result<Vec<u64>, Error> {
        let accepted = |answer: Result<Admission, Rejection>| match answer {
            Ok(admission) => Ok(admission.seq()),
            Err(rejection) => Err(Error::Rejected { doing, rejection }),
        };
        self.submit(offers)?.into_iter().map(accepted).collect()
    }
}

impl Door for Alone {
    type Look<'a> = &'a State;

    fn state(&self) -> &State {
        self.log.state()
    }

    fn carry_out(&mut self, doing: &'static str, orders: Vec<Order>) -> Result<Vec<u64>, Error> {
        let sign = |order: Order| {
            let mut offer = self.log.sign_as(Some(AccountId(0)), order.command)?;
            (offer.body, offer.attachments) = (order.body, order.attachments);
            Ok(offer)
        };
        let offers: Result<_, Error> = orders.into_iter().map(sign).collect();
        self.submit_own(doing, offers?)
    }

    fn publish(&mut self) -> Result<Checkpoint, Error> {
        self.log.publish()
    }

    fn catch_up(&mut self, desks: &mut Desks) -> Result<(), Error> {
        for (seq, submission, body) in self.unseen.drain(..) {
            desks.note(seq, &submission, &body)?;
        }
        Ok(())
    }

    fn keys(&self) -> &Keyring {
        self.log.keys()
    }

    fn files(&self) -> Arc<dyn Files> {
        self.log.store().files()
    }

    fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn reach(&mut self, time_ms: u64) -> bool {
        self.now_ms = self.now_ms.max(time_ms);
        true
    }
}

/// The chain that was given, if it is the one that the log's first entry names.
fn named((id, own): (u64, chain::Deployment), chain: Settling) -> Result<Settling, Error> {
    if id == chain.devnet.chain_id() && own == chain.deployment {
        return Ok(chain);
    }
    let place = Address(own.settlement);
    Err(Error::Corrupt(format!(
        "this log settles with `0x{place}` on chain `{id}`, and another chain or contract was \
         given\nhint: the first entry of a log says for good where it settles; make a new node for \
         another chain"
    )))
}

/// Before keys are written: a refused place must stay as it was. One that is not there yet, nor can
/// be, is left to whoever writes first, who says what cannot be written.
fn vacant(place: &Place) -> Result<(), Error> {
    if place.dir.is_dir() || place.bucket.is_some() {
        Store::check_vacant(place)?;
    }
    Ok(())
}

/// Opens the devnet; one whose contracts stand already keeps the window they were deployed with.
fn open_chain(
    dir: &Path,
    keys: &Keyring,
    now_ms: u64,
    window_s: u64,
) -> Result<chain::Chain, Error> {
    let dir = dir.join("chain");
    let deployer = keys.wallet("deployer");
    let standing = chain::Chain::open_readonly(&dir, deployer.address());
    let standing = standing.and_then(|chain| chain.terms()).ok();
    let terms = Terms {
        poster: keys.wallet("poster").address(),
        guardian: keys.wallet("guardian").address(),
        arbiter: keys.wallet("arbiter").address(),
        debitor: keys.wallet("debitor").address(),
        window_s: standing.map_or(window_s, |terms| terms.window_s),
        ruling_s: RULING_S,
    };
    Ok(chain::Chain::open(&dir, &deployer, &terms, now_ms / 1_000)?)
}

/// Checks the signatures of many submissions on every core.
fn verify_all(mut offers: Vec<Offer>) -> Vec<Result<Verified, Rejection>> {
    let check = |offers: Vec<Offer>| -> Vec<Result<Verified, Rejection>> {
        offers.into_iter().map(Verified::check).collect()
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = offers.len().div_ceil(threads);
    if threads == 1 || share < 16 {
        return check(offers);
    }
    std::thread::scope(|scope| {
        let mut parts = Vec::with_capacity(threads);
        while !offers.is_empty() {
            let rest = offers.split_off(share.min(offers.len()));
            let part = std::mem::replace(&mut offers, rest);
            parts.push(scope.spawn(move || check(part)));
        }
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("checks do not panic"))
            .collect()
    })
}
