//! What owners have brought of their assets: nobody serves what only another has uploaded.

use crate::Host;
use crate::content::{Contents, Upload};
use ledger::State;
use protocol::market::AssetKind;
use protocol::{AccountId, AssetId, Hash};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::{Arc, Mutex, PoisonError};
use store::attachment::Attachments;
use store::{Files, Kind};

/// Most bytes of a model that runs in the node or of a table whose rows are read in it: whoever has
/// an account may upload one.
const MOST_BYTES: u64 = 16 << 20;

/// Makes the content of a label set from its campaign, as JSON Lines, or says why not.
pub type Labels = Arc<dyn Fn(AssetId) -> Result<Vec<u8>, String> + Send + Sync>;

/// Contents of assets, each as its owner has brought it.
pub(super) struct Brought {
    host: Host,
    attachments: Attachments,
    contents: Contents,
    labels: Labels,
    first: Mutex<First>,
}

impl Brought {
    pub(super) fn new(
        host: Host,
        files: Arc<dyn Files>,
        contents: Contents,
        labels: Labels,
    ) -> Self {
        Self {
            host,
            attachments: Attachments::new(files),
            contents,
            labels,
            first: Mutex::default(),
        }
    }

    /// The bytes of an asset's content.
    ///
    /// # Errors
    /// Why there are none, in words.
    pub(super) fn read(&self, asset: AssetId) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let read = self.open(asset)?.read_to_end(&mut bytes);
        read.map_err(|error| format!("its content cannot be read: {error}"))?;
        Ok(bytes)
    }

    /// Why an asset in service has none; `None` of one that has, or is not in service.
    pub(super) fn absence(&self, asset: AssetId) -> Option<String> {
        let now_ms = self.host.now_ms();
        let (kind, has_ended) = self.host.read(|state| {
            let own = &state
                .asset(asset)
                .filter(|_| state.serves(asset))?
                .registered;
            let expires_ms = own.terms.expires_ms;
            Some((
                own.kind,
                expires_ms.is_some_and(|it| it <= now_ms.max(state.time_ms)),
            ))
        })?;
        match kind {
            _ if has_ended => Some("its terms have ended".to_owned()),
            // Nobody brings it: it is made when it is asked for, and that takes a while.
            AssetKind::LabelSet => None,
            _ => self.open(asset).err(),
        }
    }

    /// The content of an asset from its first byte on.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) fn open(&self, asset: AssetId) -> Result<Box<dyn Read + Send>, String> {
        let found = self.host.read(|state| {
            let own = &state.asset(asset)?.registered;
            let (by, hash) = (own.owner, own.content);
            Some((own.kind, Upload { by, hash }, self.first(state, &hash)))
        });
        let (kind, upload, first) = found.ok_or("there is no such asset")?;
        let by = upload.by;
        if kind == AssetKind::LabelSet {
            let lines = (self.labels)(asset)?;
            return fits(lines.len() as u64).map(|()| Box::new(Cursor::new(lines)) as _);
        }
        // An attachment is public, and its entry's author is who had it before everybody could.
        if first == Some(by) {
            match self.attachments.read(&upload.hash.0) {
                Ok(attached) => return Ok(Box::new(Cursor::new(attached))),
                Err(error) if error.kind == Kind::Corrupt => {}
                Err(error) => return Err(format!("its content cannot be read: {error}")),
            }
        }
        match self.contents.get(upload) {
            Ok(Some((file, bytes))) => fits(bytes).map(|()| Box::new(file) as _),
            Ok(None) => Err(format!(
                "its owner, account {by}, has not uploaded its content to this node; \
                 hint: as account {by}, send the file by `PUT /api/v1/contents`"
            )),
            Err(error) => Err(format!("its content cannot be read: {error}")),
        }
    }

    fn first(&self, state: &State, content: &Hash) -> Option<AccountId> {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.follow(state);
        first.of(content)
    }
}

fn fits(bytes: u64) -> Result<(), String> {
    match bytes <= MOST_BYTES {
        true => Ok(()),
        false => Err(format!(
            "its content has {bytes} bytes, and what runs or is read here at most {MOST_BYTES}"
        )),
    }
}

/// Who has registered each content first. Looking through all assets for each one that is asked for
/// would cost their square.
#[derive(Default)]
pub(super) struct First {
    /// How many assets have been looked at.
    assets: usize,
    owners: BTreeMap<Hash, AccountId>,
}

impl First {
    /// By the log as it is, with the cards of listings, which lie among the contents.
    pub(super) fn all(state: &State) -> Self {
        let mut first = Self::default();
        for (id, asset) in (0..).map(AssetId).zip(&state.assets) {
            let own = &asset.registered;
            let listing = state.sections.market.listings.get(&id);
            let card = listing.and_then(|listing| listing.card);
            for hash in [own.content].into_iter().chain(card) {
                first.owners.entry(hash).or_insert(own.owner);
            }
        }
        first.assets = state.assets.len();
        first
    }

    fn follow(&mut self, state: &State) {
        for asset in state.assets.iter().skip(self.assets) {
            let own = &asset.registered;
            self.owners.entry(own.content).or_insert(own.owner);
        }
        self.assets = state.assets.len();
    }

    pub(super) fn of(&self, content: &Hash) -> Option<AccountId> {
        self.owners.get(content).copied()
    }
}
