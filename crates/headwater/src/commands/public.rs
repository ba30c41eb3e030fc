//! The public files of a log, as an auditor reads them: from a directory, a bucket, or over HTTP.

use super::facts;
use anyhow::{Result, bail};
use audit::source::{ChainFacts, Index, Named, ReadError, Source};
use protocol::{Hash, UsageRow};
use std::path::Path;
use std::sync::Arc;
use store::{Disk, Files, Ids, SystemDisk, ids};
use tempfile::TempDir;

/// Longest public file that is taken from a server, in bytes.
const LONGEST_BYTES: u64 = 1 << 30;

/// Public files under their names, and the chains that are given.
pub struct Public {
    files: Place,
    chains: Vec<facts::Place>,
    remote: bool,
}

enum Place {
    Files(Arc<dyn Files>),
    Site(http::Site),
}

impl Public {
    /// What an argument names: an address, a bucket, or a directory with its own chain.
    pub fn named(log: &str, chain: Option<&Path>) -> Result<Self> {
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
                super::session::refuse_newer(dir)?;
                return Ok(Self::directory(dir, chain));
            }
        };
        let chain = chain.map(|dir| facts::Place::Devnet(dir.to_owned()));
        Ok(Self {
            files,
            chains: chain.into_iter().collect(),
            remote: true,
        })
    }

    /// A data directory; its own chain counts unless another is given, and none where the log
    /// settles on a chain that others run.
    pub fn directory(dir: &Path, chain: Option<&Path>) -> Self {
        let chain = match chain {
            Some(chain) => facts::Place::Devnet(chain.to_owned()),
            None => facts::Place::UsualDevnet(dir.join("chain")),
        };
        Self {
            files: Place::Files(Arc::new(store::Directory::at(dir))),
            chains: vec![chain],
            remote: false,
        }
    }

    /// The same files with chains that servers show, as flags name these.
    pub fn with_servers(mut self, named: &[String]) -> Result<Self> {
        for named in named {
            let place = facts::Place::server(named)?;
            let id = place.chain_id();
            if id == Some(chain::devnet::CHAIN_ID) {
                // What is named goes before what is merely there.
                self.chains
                    .retain(|it| !matches!(it, facts::Place::UsualDevnet(_)));
            }
            if let Some(id) = id.filter(|_| self.chains.iter().any(|it| it.chain_id() == id)) {
                bail!(
                    "chain `{id}` was given twice\nhint: name one server for each chain; nothing \
                     was audited"
                );
            }
            self.chains.push(place);
        }
        Ok(self)
    }

    /// The same files without a chain: whoever watches one reads it elsewhere.
    #[must_use]
    pub fn without_chain(mut self) -> Self {
        self.chains.clear();
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
}

impl Source for Public {
    fn file(&self, path: &str) -> std::result::Result<Option<Vec<u8>>, ReadError> {
        self.read(&format!("log/{path}"))
    }

    fn document(&self, hash: &[u8; 32]) -> std::result::Result<Option<Vec<u8>>, ReadError> {
        match self.read(&store::attachment::Attachments::name(hash))? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.read(&opening(hash)),
        }
    }

    fn content(&self, hash: &[u8; 32]) -> std::result::Result<Option<Vec<u8>>, ReadError> {
        self.read(&store::attachment::Attachments::name(hash))
    }

    fn openings(&self, hash: &[u8; 32]) -> std::result::Result<Option<Vec<u8>>, ReadError> {
        match self.read(&opening(hash))? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.read(&store::attachment::Attachments::name(hash)),
        }
    }

    fn claims(&self, epoch: u64) -> std::result::Result<Option<Vec<u8>>, ReadError> {
        self.read(&format!("claims/{epoch}.json"))
    }

    fn usage_rows(&self, parquet: &[u8]) -> std::result::Result<Vec<UsageRow>, ReadError> {
        node::meter::read(parquet.to_vec())
            .ok_or_else(|| ReadError("the file is no segment of uses".to_owned()))
    }

    fn chains(&self, named: &[Named]) -> std::result::Result<Vec<ChainFacts>, ReadError> {
        let read = self.chains.iter().map(|place| place.read(named));
        let read: Result<Vec<_>> = read.collect();
        let facts = read.map(|read| read.into_iter().flatten().collect());
        facts.map_err(|error| ReadError(format!("{error:#}")))
    }

    fn index(&self) -> std::result::Result<Box<dyn Index>, ReadError> {
        let dir = tempfile::tempdir().map_err(|error| {
            let folder = std::env::temp_dir();
            ReadError(format!(
                "cannot keep receipts in `{}`: {error}; hint: set `TMPDIR` to a directory with 24 \
                 bytes of room for each use",
                folder.display()
            ))
        })?;
        let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
        let ids = Ids::open((&disk, dir.path()), [0; 16], 0, ids::Shape::default());
        let ids = ids.map_err(|error| ReadError(error.to_string()))?;
        Ok(Box::new(Receipts { ids, _dir: dir }))
    }
}

fn opening(hash: &[u8; 32]) -> String {
    format!("openings/{}", Hash(*hash))
}

/// The receipts of an audit, which are gone with it.
struct Receipts {
    ids: Ids,
    _dir: TempDir,
}

impl Index for Receipts {
    fn find(&self, ids: &[[u8; 16]]) -> std::result::Result<Option<([u8; 16], u64)>, ReadError> {
        let found = self.ids.find(ids.iter());
        found.map_err(|error| ReadError(error.to_string()))
    }

    fn add(&mut self, entry: u64, ids: &[[u8; 16]]) {
        self.ids.add(entry, ids.iter());
        self.ids.settle(entry + 1);
    }
}
