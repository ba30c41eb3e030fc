//! Reads the public file of an epoch's leaves, as whoever claims, watches or audits needs it.

use crate::claim::{Debit, Debits, Domain, Leaf, Line, LineKind};
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// The leaves of one chain, in the order of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What they are hashed with; `None` where the file does not say it.
    pub domain: Option<Domain>,
    /// One for each address that has any line there.
    pub leaves: Vec<Leaf>,
    /// What the epoch debits there; they follow upon the leaves.
    pub debits: Debits,
}

/// The leaves of all chains of a file, the first entry's first; `None` where it is no such file.
pub fn read(file: &[u8]) -> Option<Vec<Part>> {
    let File {
        chain_id,
        settlement,
        leaves,
        escrow,
        debits,
        further,
    } = serde_json::from_slice(file).ok()?;
    let first = Chain {
        chain_id,
        settlement,
        leaves,
        escrow,
        debits,
    };
    let parts = [first].into_iter().chain(further);
    parts.map(part).collect()
}

/// The first chain stands in the file itself: `flatten` would hold all of it twice.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    chain_id: Option<u64>,
    settlement: Option<Place>,
    leaves: Vec<Row>,
    escrow: Option<Place>,
    #[serde(default)]
    debits: Vec<DebitRow>,
    #[serde(default)]
    further: Vec<Chain>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chain {
    chain_id: Option<u64>,
    settlement: Option<Place>,
    leaves: Vec<Row>,
    escrow: Option<Place>,
    #[serde(default)]
    debits: Vec<DebitRow>,
}

#[derive(Deserialize)]
struct Row {
    account: Place,
    lines: Vec<RowLine>,
}

#[derive(Deserialize)]
struct RowLine {
    kind: u8,
    token: Place,
    cumulative: Units,
}

#[derive(Deserialize)]
struct DebitRow {
    id: u64,
    cumulative: Units,
}

/// An address: `0x` and 40 hex digits.
struct Place([u8; 20]);

/// A sum in base units, as decimal text.
struct Units(u128);

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let digits = text.strip_prefix("0x").unwrap_or_default();
        let mut place = [0; 20];
        let read = hex::decode_to_slice(digits, &mut place);
        read.map(|()| Self(place))
            .map_err(|_| D::Error::custom("no address"))
    }
}

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

fn part(chain: Chain) -> Option<Part> {
    let domain = chain.chain_id.zip(chain.settlement);
    Some(Part {
        domain: domain.map(|(chain_id, Place(contract))| Domain { chain_id, contract }),
        leaves: chain.leaves.into_iter().map(leaf).collect::<Option<_>>()?,
        debits: match (chain.escrow, chain.debits) {
            (None, rows) if rows.is_empty() => Debits::default(),
            (escrow, rows) => Debits {
                escrow: escrow?.0,
                rows: rows.into_iter().map(debit).collect(),
            },
        },
    })
}

fn debit(row: DebitRow) -> Debit {
    Debit {
        id: row.id,
        cumulative: row.cumulative.0,
    }
}

fn leaf(row: Row) -> Option<Leaf> {
    let lines = row.lines.into_iter().map(|line| {
        Some(Line {
            kind: LineKind::of(line.kind)?,
            token: line.token.0,
            cumulative: line.cumulative.0,
        })
    });
    Some(Leaf {
        account: row.account.0,
        lines: lines.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn files_that_are_none_do_not_read() {
        let line =
            r#"{"kind":1,"token":"0x0909090909090909090909090909090909090909","cumulative":"#;
        let with = |line: &str| {
            format!(
                r#"{{"leaves":[{{"account":"0x{}","lines":[{line}]}}]}}"#,
                "01".repeat(20)
            )
        };
        let good = with(&format!("{line}\"5\"}}"));
        let [part] = &read(good.as_bytes()).unwrap()[..] else {
            panic!("one chain")
        };
        assert_eq!((part.domain, part.leaves.len()), (None, 1));
        for file in [
            "",
            "[]",
            "{}",
            "{\"leaves\":[{}]}",
            "{\"leaves\":[{\"account\":\"0x01\",\"lines\":[]}]}",
            "{\"leaves\":7}",
            "{\"leaves\":[],\"further\":[{}]}",
            "{\"leaves\":[],\"debits\":[{\"id\":1,\"cumulative\":\"1\"}]}",
            "{\"leaves\":[],\"escrow\":\"0x01\",\"debits\":[]}",
            &with(&format!("{line}5}}")),
            &with(&format!("{line}\"-5\"}}")),
            &with(&format!("{line}\"5\"}}").replace("\"kind\":1", "\"kind\":4")),
        ] {
            assert_eq!(read(file.as_bytes()), None, "{file}");
        }
    }
}
