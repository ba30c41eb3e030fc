//! The contracts' final events, and how far they were read: height and hash of the last block.
//!
//! Only final blocks are read, so what a chain takes back below finality was never here. If the
//! last block that was read is no longer on the chain, the chain has taken back what was final: it
//! is frozen, and stays so until a person has looked.

mod late;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Rules, Time};
use crate::contract::{self, Escrow};
use crate::devnet::Log;
use crate::endpoint::answer::{self, Place};
use crate::endpoint::{At, Endpoint, Finality, Part, hexed};
use crate::{Deployment, Error};
use late::Late;

const NAME: &str = "history";
/// Most blocks that are read at a step.
const STEP: u64 = 2_000;
/// After so many blocks without an event the cursor is written all the same.
const QUIET: u64 = 500;
/// How long is read at a look, in milliseconds: what is left comes at the next ones, so that a long
/// history, or one that a server makes up, keeps no other chain waiting.
const LOOK_MS: u64 = 5_000;
/// A server that shows fewer blocks at a time is a problem while there are some left to read.
const SLOW: u64 = 50;

/// A file of JSON lines, and what it says.
pub struct History {
    file: File,
    path: PathBuf,
    /// Read together up to the cursor: Settlement and Escrow, and whatever else was asked for.
    contracts: Vec<[u8; 20]>,
    /// The first block that may hold an event.
    from_block: u64,
    /// Those that are read up to the cursor now, by themselves.
    late: Option<Late>,
    cursor: Place,
    /// The time of the block at the cursor, in unix seconds, once it was looked at.
    time_s: Option<u64>,
    /// Height of the cursor on the disk.
    written: u64,
    logs: Vec<Log>,
    /// Number of the newest deposit that was read.
    deposits: u64,
    /// How many final blocks the last look has left for later ones.
    left: u64,
    frozen: Option<String>,
    broken: bool,
}

impl History {
    /// Reads the file of a directory, or begins one just before the first block.
    ///
    /// # Errors
    /// `Corrupt` for a file that is damaged or of other contracts.
    pub fn open(
        directory: &Path,
        endpoint: &Endpoint,
        rules: &Rules,
        deployment: &Deployment,
    ) -> Result<Self, Error> {
        let path = directory.join(NAME);
        let contracts = [deployment.settlement, deployment.escrow];
        let header = json!({
            "chain": rules.chain_id,
            "contracts": contracts.map(|contract| hexed(&contract)),
        });
        fs::create_dir_all(directory).map_err(Error::unavailable("cannot keep the chain"))?;
        if !path.exists() {
            let start = begin(endpoint, rules)?;
            let text = format!("{header}\n{}\n", read_up_to(start, &[]));
            let draft = path.with_extension("new");
            let written = fs::write(&draft, text).and_then(|()| {
                File::open(&draft)?.sync_all()?;
                fs::rename(&draft, &path)?;
                File::open(directory)?.sync_all()
            });
            written.map_err(Error::unavailable(format!(
                "cannot write `{}`",
                path.display()
            )))?;
        }
        let known = (contracts.to_vec(), rules.from_block);
        Self::read(path, known, &header)
    }

    fn read(
        path: PathBuf,
        (contracts, from_block): (Vec<[u8; 20]>, u64),
        header: &Value,
    ) -> Result<Self, Error> {
        let doing = format!("cannot read `{}`", path.display());
        let text = fs::read_to_string(&path).map_err(Error::unavailable(&*doing))?;
        // A last line without its end was cut off by a crash: it is read from the chain again.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let file = OpenOptions::new().append(true).open(&path);
        let file = file.and_then(|file| file.set_len(whole as u64).map(|()| file));
        let mut history = Self {
            file: file.map_err(Error::unavailable(&*doing))?,
            path,
            contracts,
            from_block,
            late: None,
            cursor: Place {
                height: 0,
                hash: [0; 32],
            },
            time_s: None,
            written: 0,
            logs: Vec::new(),
            deposits: 0,
            left: 0,
            frozen: None,
            broken: false,
        };
        let mut lines = text[..whole].lines();
        let first: Option<Value> = lines
            .next()
            .and_then(|line| serde_json::from_str(line).ok());
        if first.as_ref() != Some(header) {
            return Err(Error::corrupt(format!(
                "{doing}: it was begun for another chain or other contracts\nhint: name the chain \
                 that the first entry of the log names"
            )));
        }
        for line in lines {
            let value = serde_json::from_str(line).ok();
            let taken = value.and_then(|value: Value| history.take(&value));
            taken.ok_or_else(|| Error::corrupt(format!("{doing}: a line is damaged")))?;
        }
        history.written = history.cursor.height;
        Ok(history)
    }

    /// The events that nobody takes back, in order.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The last block that was read.
    pub fn cursor(&self) -> Place {
        self.cursor
    }

    /// Its time in unix seconds; `None` before this process has looked at it.
    pub fn time_s(&self) -> Option<u64> {
        self.time_s
    }

    /// Whether final blocks are left to read: what they hold may change what is to be done.
    pub fn is_behind(&self) -> bool {
        self.left > 0
    }

    /// Why reading takes long, for people, where the server shows few blocks at a time.
    pub fn problem(&self, endpoint: &Endpoint) -> Option<String> {
        let (span, left) = (endpoint.span(), self.left);
        let server = endpoint.server();
        (self.is_behind() && span < SLOW).then(|| {
            format!(
                "`{server}` shows the events of {span} blocks at a time, and {left} final ones are \
                 left to read: name another server, or raise its limit for `eth_getLogs`"
            )
        })
    }

    /// # Errors
    /// `Corrupt` once the chain is frozen.
    pub fn usable(&self) -> Result<(), Error> {
        match &self.frozen {
            None => Ok(()),
            Some(why) => Err(Error::corrupt(format!(
                "the chain is frozen: {why}\nhint: nothing is credited or posted until you have \
                 looked; see \"Frozen\" in docs/operate/chain.md"
            ))),
        }
    }

    /// Reads what has become final, durable before it counts: all of it, or as much as there is
    /// time for. Returns the last block that was read.
    ///
    /// # Errors
    /// `Unavailable` where the server is away or behind; `Corrupt` once the chain is frozen.
    pub fn follow(
        &mut self,
        endpoint: &Endpoint,
        finality: Finality,
        time: &dyn Time,
    ) -> Result<Place, Error> {
        let began_ms = time.now_ms();
        self.usable()?;
        self.still_there(endpoint)?;
        let Some(last) = finality.block(endpoint)? else {
            return Ok(self.cursor);
        };
        let goes_on = || time.now_ms().saturating_sub(began_ms) < LOOK_MS;
        self.left = last.place.height.saturating_sub(self.cursor.height);
        while self.cursor.height < last.place.height {
            let to = last.place.height.min(self.cursor.height + STEP);
            self.step(endpoint, to, &goes_on)?;
            if !goes_on() {
                break;
            }
        }
        self.left = last.place.height.saturating_sub(self.cursor.height);
        if self.cursor == last.place {
            self.time_s = Some(last.time_s);
        }
        if !self.is_behind() {
            self.read_late(endpoint, &goes_on)?;
        }
        Ok(self.cursor)
    }

    /// Asks twice before it freezes: a server that has just been restarted may err once.
    fn still_there(&mut self, endpoint: &Endpoint) -> Result<(), Error> {
        for _ in 0..2 {
            match endpoint.stands(self.cursor)? {
                Some(true) => return Ok(()),
                Some(false) => {}
                None => return Err(behind(endpoint)),
            }
        }
        let Place { height, hash } = self.cursor;
        let (server, hash) = (endpoint.server(), hexed(&hash));
        let why = format!(
            "block {height} with hash `{hash}` was final, and `{server}` has another one there"
        );
        self.append(&json!({"frozen": why}))?;
        self.frozen = Some(why);
        self.usable()
    }

    /// Takes what the server shows up to a height while there is time, and keeps how far it came.
    fn step(
        &mut self,
        endpoint: &Endpoint,
        to: u64,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<(), Error> {
        let from = self.cursor.height + 1;
        let Part { seen, next } = endpoint.logs((from, to), &self.contracts, goes_on)?;
        if next == from {
            return Ok(());
        }
        let to = next - 1;
        let end = endpoint.block(At::Height(to))?;
        let end = end.ok_or_else(|| behind(endpoint))?;
        let (end, time_s) = (end.place, end.time_s);
        // Everything before a block hangs on its hash: while both ends stand, so does the middle.
        let same = endpoint.stands(self.cursor)? == Some(true);
        let at_end = |place: Place| place.height != to || place.hash == end.hash;
        if !same || !seen.iter().all(|seen| at_end(seen.place)) {
            return Err(Error::busy(
                "the chain changed while it was read; nothing was taken",
            ));
        }
        let logs: Vec<Log> = seen.into_iter().map(|seen| seen.log).collect();
        self.is_gapless(&logs, endpoint)?;
        let line = read_up_to(end, &logs);
        if !logs.is_empty() || to - self.written >= QUIET {
            self.append(&line)?;
            self.written = to;
        }
        self.take(&line).expect("what was just written can be read");
        self.time_s = Some(time_s);
        Ok(())
    }

    /// Deposits are numbered without gaps: one that is missing was left out by the server.
    fn is_gapless(&self, logs: &[Log], endpoint: &Endpoint) -> Result<(), Error> {
        let opened = logs.iter().filter_map(|log| self.opened(log));
        let gapless = opened.zip(self.deposits + 1..).all(|(it, id)| it.id == id);
        if gapless {
            return Ok(());
        }
        let server = endpoint.server();
        Err(Error::busy(format!(
            "`{server}` leaves out deposits, or `chain.from_block` is after the first one\n\
             hint: nothing was credited; use another server"
        )))
    }

    /// The Escrow's alone: what stands beside it may leave anything.
    fn opened(&self, log: &Log) -> Option<Escrow::Opened> {
        let own = self.contracts.get(1) == Some(&log.address);
        contract::event(log).filter(|_| own)
    }

    fn take(&mut self, line: &Value) -> Option<()> {
        if let Some(why) = line.get("frozen") {
            self.frozen = Some(why.as_str()?.to_owned());
            return Some(());
        }
        if let Some(taken) = self.take_late(line) {
            return taken;
        }
        let logs: Option<Vec<Log>> = line["logs"].as_array()?.iter().map(answer::log).collect();
        for log in logs? {
            if let Some(opened) = self.opened(&log) {
                self.deposits = opened.id;
            }
            self.logs.push(log);
        }
        self.cursor = Place {
            height: line["height"].as_u64()?,
            hash: answer::bytes(&line["hash"])?.try_into().ok()?,
        };
        Some(())
    }

    fn append(&mut self, line: &Value) -> Result<(), Error> {
        let doing = format!("cannot append to `{}`", self.path.display());
        if self.broken {
            return Err(Error::invalid(format!(
                "{doing} after a failed write\nhint: free space on the disk and start again"
            )));
        }
        let text = format!("{line}\n");
        let written = self.file.write_all(text.as_bytes());
        let written = written.and_then(|()| self.file.sync_data());
        self.broken = written.is_err();
        written.map_err(Error::unavailable(doing))
    }
}

fn shown(log: &Log) -> Value {
    json!({
        "address": hexed(&log.address),
        "topics": log.topics.iter().map(|topic| hexed(topic)).collect::<Vec<_>>(),
        "data": hexed(&log.payload),
    })
}

fn read_up_to(place: Place, logs: &[Log]) -> Value {
    json!({
        "height": place.height,
        "hash": hexed(&place.hash),
        "logs": logs.iter().map(shown).collect::<Vec<_>>(),
    })
}

/// The block before the first that may hold an event.
fn begin(endpoint: &Endpoint, rules: &Rules) -> Result<Place, Error> {
    let height = rules.from_block.saturating_sub(1);
    let block = endpoint.block(At::Height(height))?;
    let block = block.ok_or_else(|| {
        let from = rules.from_block;
        Error::invalid(format!(
            "`chain.from_block` is `{from}`, and the chain is not there yet\nhint: name the block \
             in which the contracts were deployed"
        ))
    });
    Ok(block?.place)
}

fn behind(endpoint: &Endpoint) -> Error {
    let server = endpoint.server();
    Error::busy(format!(
        "`{server}` is behind what it had before\nhint: nothing has changed; it is asked again"
    ))
}
