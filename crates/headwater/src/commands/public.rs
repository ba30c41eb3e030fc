//! The public files of a log, as an auditor reads them: from a directory, a bucket, or over HTTP.

use super::facts;
use anyhow::{Context as _, Result, bail};
use audit::source::{ChainFacts, ReadError, Source};
use proof::tile::{self, Tile};
use proof::{Checkpoint, note};
use protocol::command::Genesis;
use protocol::{Command, Entry, Hash, UsageRow, codec};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Files;

/// Longest public file that is taken from a server, in bytes.
const LONGEST_BYTES: u64 = 1 << 30;

/// Public files under their names, and the chain where one is given.
pub struct Public {
    files: Place,
    chain: Option<PathBuf>,
    /// True where `chain` was not asked for: a log of another chain has none there.
    usual: bool,
    remote: bool,
}

enum Place {
    Files(Arc<dyn Files>),
    Site(http::Site),
}

impl Public {
    /// What an argument names: an address, a bucket, or a directory with its own chain.
    pub fn named(log: &str, chain: Option<&Path>) -> Result<Self> {
        let chain = chain.map(Path::to_owned);
        let files = match log.split_once("://") {
            Some(("http" | "https", _)) => Place::Site(http::Site::new(log)?),
            Some(("s3" | "gs" | "az", _)) => {
                Place::Files(Arc::new(store::Bucket::reading(log, std::env::vars())?))
            }
            Some((scheme, _)) => bail!(
                "cannot audit `{log}`: nothing is known of `{scheme}://`\n\
                 hint: name a directory, or an address with http, https, s3, gs or az"
            ),
            None => {
                let dir = Path::new(log);
                if !dir.is_dir() {
                    bail!(
                        "cannot audit `{log}`: there is no such directory\n\
                         hint: name the data directory of a node"
                    );
                }
                return Ok(Self::directory(dir, chain));
            }
        };
        Ok(Self {
            files,
            chain,
            usual: false,
            remote: true,
        })
    }

    /// A data directory; its own chain counts unless another is given, and none where the log
    /// settles on a chain that others run.
    pub fn directory(dir: &Path, chain: Option<PathBuf>) -> Self {
        Self {
            files: Place::Files(Arc::new(store::Directory::at(dir))),
            usual: chain.is_none(),
            chain: Some(chain.unwrap_or_else(|| dir.join("chain"))),
            remote: false,
        }
    }

    /// The same files without a chain: whoever watches one reads it elsewhere.
    #[must_use]
    pub fn without_chain(mut self) -> Self {
        self.chain = None;
        self
    }

    /// True where each file costs a way over the network, so that many should be on their way.
    pub fn is_remote(&self) -> bool {
        self.remote
    }

    fn read(&self, name: &str) -> std::result::Result<Option<Vec<u8>>, ReadError> {
        let outcome = match &self.files {
            Place::Files(files) => files.read(name).map_err(|error| error.to_string()),
            Place::Site(site) => site
                .file(name, LONGEST_BYTES)
                .map_err(|error| error.to_string()),
        };
        outcome.map_err(ReadError)
    }

    /// The genesis as the first bundle has it; the audit holds it against the signed root later.
    fn genesis(&self) -> Result<Genesis> {
        let note = self
            .read("log/checkpoint")?
            .context("there is no checkpoint")?;
        let checkpoint = Checkpoint::parse(note::text_unverified(&note)?)?;
        let tile = tile::holding(0, 0, checkpoint.head.size).context("the log has no entries")?;
        let full = Tile {
            width: tile::WIDTH as u16,
            ..tile
        };
        let found = [tile, full].into_iter().find_map(|tile| {
            let bundle = self.read(&format!("log/{}", tile.bundle_path()));
            bundle.transpose().map(|bundle| (tile, bundle))
        });
        let (tile, bundle) = found.context("the first bundle is missing")?;
        let bundle = bundle?;
        let entries = tile::entries(&bundle, tile.width)?;
        let first: Entry = codec::decode(entries[0]).context("the first entry does not decode")?;
        match first.signed.submission.command {
            Command::Genesis(genesis) => Ok(genesis),
            _ => bail!("the first entry is no genesis"),
        }
    }
}

impl Source for Public {
    fn file(&self, path: &str) -> std::result::Result<Option<Vec<u8>>, ReadError> {
        self.read(&format!("log/{path}"))
    }

    fn document(&self, hash: &[u8; 32]) -> std::result::Result<Option<Vec<u8>>, ReadError> {
        match self.read(&store::attachment::Attachments::name(hash))? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.read(&format!("openings/{}", Hash(*hash))),
        }
    }

    fn claims(&self, epoch: u64) -> std::result::Result<Option<Vec<u8>>, ReadError> {
        self.read(&format!("claims/{epoch}.json"))
    }

    fn usage_rows(&self, parquet: &[u8]) -> std::result::Result<Vec<UsageRow>, ReadError> {
        node::meter::read(parquet.to_vec())
            .ok_or_else(|| ReadError("the file is no segment of uses".to_owned()))
    }

    fn chain(&self) -> std::result::Result<Option<ChainFacts>, ReadError> {
        let Some(dir) = &self.chain else {
            return Ok(None);
        };
        let facts = |genesis: Genesis| match self.usual && !facts::is_embedded(&genesis) {
            true => Ok(None),
            false => facts::read(dir, &genesis).map(Some),
        };
        self.genesis()
            .and_then(facts)
            .map_err(|error| ReadError(format!("{error:#}")))
    }
}
