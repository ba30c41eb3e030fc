//! The bytes of one batch in the journal: header, records, trailer, each under its own checksum.
use proof::Hash;

use crate::crc::crc32c;
use crate::seal::ERASED;

/// Random bytes that begin each batch of a segment, so that no logged bytes can pass for a batch.
pub(crate) type Mark = [u8; 16];

const HEADER_BYTES: usize = 16 + 8 + 4 + 4 + 4 + 4;
const TRAILER_BYTES: usize = 8 + 4 + 32 + 4;
/// Longest record section of a batch, in bytes.
pub(crate) const MAX_BATCH_BYTES: usize = 64 << 20;

/// A batch ready to be written.
pub(crate) struct Draft<'a> {
    pub first_seq: u64,
    pub salt: u32,
    /// Root of the log after the last record.
    pub root: Hash,
    pub records: &'a [Framed<'a>],
}

/// One record as it stands in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Framed<'a> {
    pub entry: &'a [u8],
    pub sealed: &'a [u8],
    pub attachments: &'a [Hash],
}

/// A whole batch read from a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Batch<'a> {
    pub first_seq: u64,
    pub salt: u32,
    pub records: Vec<Framed<'a>>,
    /// Root of the log after the last record.
    pub root: Hash,
    /// Bytes from the header's first to the trailer's last.
    pub length: usize,
}

impl<'a> Batch<'a> {
    /// Number of the entry that follows the batch.
    pub(crate) fn end_seq(&self) -> u64 {
        self.first_seq + self.records.len() as u64
    }

    /// The records, one of them without its body.
    pub(crate) fn without_body(&self, at: usize) -> Vec<Framed<'a>> {
        let mut records = self.records.clone();
        records[at].sealed = ERASED;
        records
    }

    /// The batch, to be written anew with these records.
    pub(crate) fn with<'r>(&self, records: &'r [Framed<'r>]) -> Draft<'r> {
        Draft {
            first_seq: self.first_seq,
            salt: self.salt,
            root: self.root,
            records,
        }
    }
}

/// One record out of a batch, on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub seq: u64,
    /// Salt of its batch, with which its body was sealed.
    pub salt: u32,
    pub entry: Vec<u8>,
    pub sealed: Vec<u8>,
    pub attachments: Vec<Hash>,
}

impl Sealed {
    /// The records of a batch in log order.
    pub(crate) fn all(batch: &Batch<'_>) -> impl Iterator<Item = Self> {
        (batch.first_seq..)
            .zip(&batch.records)
            .map(|(seq, record)| Self {
                seq,
                salt: batch.salt,
                entry: record.entry.to_vec(),
                sealed: record.sealed.to_vec(),
                attachments: record.attachments.to_vec(),
            })
    }
}

/// Appends the batch of a draft. Layout, all numbers little end first:
/// header: mark, first seq u64, salt u32, record count u32, record bytes u32, crc u32;
/// record: length u32, entry, sealed body (u32 length each), attachments (u32 count), crc u32;
/// trailer: first seq u64, record count u32, root, crc u32.
pub(crate) fn encode(mark: &Mark, draft: &Draft<'_>, out: &mut Vec<u8>) {
    let Draft {
        first_seq,
        salt,
        root,
        records,
    } = draft;
    let body: usize = records.iter().map(|record| 8 + payload_bytes(record)).sum();
    let count = (records.len() as u32).to_le_bytes();
    let begins = out.len();
    out.reserve(HEADER_BYTES + body + TRAILER_BYTES);
    out.extend_from_slice(mark);
    out.extend_from_slice(&first_seq.to_le_bytes());
    out.extend_from_slice(&salt.to_le_bytes());
    out.extend_from_slice(&count);
    out.extend_from_slice(&(body as u32).to_le_bytes());
    push_crc(out, begins);
    for record in *records {
        let start = out.len();
        out.extend_from_slice(&(payload_bytes(record) as u32).to_le_bytes());
        for part in [record.entry, record.sealed] {
            out.extend_from_slice(&(part.len() as u32).to_le_bytes());
            out.extend_from_slice(part);
        }
        out.extend_from_slice(&(record.attachments.len() as u32).to_le_bytes());
        out.extend_from_slice(record.attachments.as_flattened());
        push_crc(out, start);
    }
    let start = out.len();
    out.extend_from_slice(&first_seq.to_le_bytes());
    out.extend_from_slice(&count);
    out.extend_from_slice(root);
    push_crc(out, start);
}

/// Bytes that a record takes in a batch, without its length and checksum.
pub(crate) fn payload_bytes(record: &Framed<'_>) -> usize {
    12 + record.entry.len() + record.sealed.len() + 32 * record.attachments.len()
}

/// Reads the batch that begins at the first byte; the error names the part that fails its check.
pub(crate) fn decode<'a>(mark: &Mark, bytes: &'a [u8]) -> Result<Batch<'a>, &'static str> {
    let header = bytes
        .get(..HEADER_BYTES)
        .ok_or("the batch header is cut off")?;
    if !header.starts_with(mark) || !crc_holds(header) {
        return Err("the batch header is damaged");
    }
    let mut fields = Cursor(&header[16..]);
    let cut = "the batch header is damaged";
    let first_seq = fields.long().ok_or(cut)?;
    let [salt, count, body] = [
        fields.word().ok_or(cut)?,
        fields.word().ok_or(cut)?,
        fields.word().ok_or(cut)?,
    ];
    let mut rest = Cursor(&bytes[HEADER_BYTES..]);
    let mut body = Cursor(
        rest.take(body as usize)
            .ok_or("the batch is cut off in its records")?,
    );
    let mut records = Vec::with_capacity((count as usize).min(1 << 16));
    for _ in 0..count {
        records.push(decode_record(&mut body).ok_or("a record is damaged")?);
    }
    if !body.0.is_empty() {
        return Err("bytes follow the last record");
    }
    let trailer = rest
        .take(TRAILER_BYTES)
        .ok_or("the batch is cut off in its trailer")?;
    let mut fields = Cursor(trailer);
    let same = fields.long() == Some(first_seq) && fields.word() == Some(count);
    let root = fields.take(32).and_then(|root| root.try_into().ok());
    match root {
        Some(root) if same && crc_holds(trailer) => {
            let length = bytes.len() - rest.0.len();
            Ok(Batch {
                first_seq,
                salt,
                records,
                root,
                length,
            })
        }
        _ => Err("the batch trailer is damaged"),
    }
}

fn decode_record<'a>(body: &mut Cursor<'a>) -> Option<Framed<'a>> {
    let whole = body.0;
    let length = body.word()? as usize;
    let mut payload = Cursor(body.take(length)?);
    body.take(4)?;
    if !crc_holds(&whole[..length + 8]) {
        return None;
    }
    let entry_bytes = payload.word()? as usize;
    let entry = payload.take(entry_bytes)?;
    let sealed_bytes = payload.word()? as usize;
    let sealed = payload.take(sealed_bytes)?;
    let count = payload.word()? as usize;
    let (attachments, rest) = payload.0.as_chunks::<32>();
    (rest.is_empty() && attachments.len() == count).then_some(Framed {
        entry,
        sealed,
        attachments,
    })
}

/// Adds the checksum of all bytes from `start` on.
pub(crate) fn push_crc(out: &mut Vec<u8>, start: usize) {
    let crc = crc32c(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
}

/// Whether the last four bytes are the checksum of those before.
pub(crate) fn crc_holds(bytes: &[u8]) -> bool {
    match bytes.split_last_chunk::<4>() {
        Some((head, crc)) => crc32c(head) == u32::from_le_bytes(*crc),
        None => false,
    }
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn word(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn batches_come_back_and_any_flipped_bit_is_seen(
            parts in prop::collection::vec(any::<(Vec<u8>, Vec<u8>, Vec<Hash>)>(), 0..6),
            first_seq: u64, salt: u32, root: Hash, at: usize, bit in 0u8..8,
        ) {
            let records: Vec<Framed<'_>> = parts
                .iter()
                .map(|(entry, sealed, attachments)| Framed { entry, sealed, attachments })
                .collect();
            let first_seq = first_seq >> 1;
            let mut bytes = Vec::new();
            let draft = Draft { first_seq, salt, root, records: &records };
            encode(&[9; 16], &draft, &mut bytes);
            let length = bytes.len();
            let batch = Batch { first_seq, salt, records, root, length };
            bytes.extend_from_slice(b"next");
            prop_assert_eq!(decode(&[9; 16], &bytes), Ok(batch));
            for end in 0..length {
                prop_assert!(decode(&[9; 16], &bytes[..end]).is_err());
            }
            bytes[at % length] ^= 1 << bit;
            prop_assert!(decode(&[9; 16], &bytes).is_err());
        }
    }
}
