//! One object of a journal in a bucket: whose it is, its place, and the batch or fence it holds.
use crate::error::{Error, Result};
use crate::files::Files;
use crate::frame::{self, Batch, Draft, Mark};

const MAGIC: &[u8; 16] = b"headwater obj 1\n";
const HEADER_BYTES: usize = 16 + 16 + 8 + 8 + 4;
/// Where the objects stand.
pub(crate) const FOLDER: &str = "journal/";

/// One in the succession of writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Writer {
    /// Each writer's is one above that of the one it replaced; the first has 1.
    pub epoch: u64,
    /// Random: tells two apart that took the same epoch. It marks the writer's batches, too.
    pub nonce: Mark,
}

/// An object as it was read; its header holds, its batch is checked by [`Object::batch`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub n: u64,
    pub writer: Writer,
    bytes: Vec<u8>,
}

impl Object {
    /// The bytes of object `n`, all numbers little end first: magic, nonce, epoch u64, n u64, crc
    /// u32; then the batch as [`frame::encode`] writes it under the nonce as its mark.
    pub(crate) fn encode(n: u64, writer: &Writer, draft: &Draft<'_>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&writer.nonce);
        bytes.extend_from_slice(&writer.epoch.to_le_bytes());
        bytes.extend_from_slice(&n.to_le_bytes());
        frame::push_crc(&mut bytes, 0);
        frame::encode(&writer.nonce, draft, &mut bytes);
        bytes
    }

    /// Takes bytes that were found under the name of object `n`.
    pub(crate) fn decode(n: u64, bytes: Vec<u8>) -> Result<Self> {
        let header = bytes.get(..HEADER_BYTES);
        let header = header.filter(|header| header.starts_with(MAGIC) && frame::crc_holds(header));
        let header = header.ok_or_else(|| damaged(n, "the header is damaged"))?;
        let long = |at: usize| header[at..at + 8].try_into().map(u64::from_le_bytes);
        let (Ok(epoch), Ok(own), Ok(nonce)) = (long(32), long(40), header[16..32].try_into())
        else {
            return Err(damaged(n, "the header is damaged"));
        };
        if own != n {
            return Err(damaged(n, &format!("it was written as object {own}")));
        }
        let writer = Writer { epoch, nonce };
        Ok(Self { n, writer, bytes })
    }

    /// Reads object `n`, `None` where there is none yet.
    pub(crate) fn read(files: &dyn Files, n: u64) -> Result<Option<Self>> {
        let bytes = files.read(&name(n))?;
        bytes.map(|bytes| Self::decode(n, bytes)).transpose()
    }

    /// The batch, checked; a fence is a batch without records.
    pub(crate) fn batch(&self) -> Result<Batch<'_>> {
        let rest = &self.bytes[HEADER_BYTES..];
        let batch = frame::decode(&self.writer.nonce, rest).map_err(|what| self.damaged(what))?;
        if batch.length < rest.len() {
            return Err(self.damaged("bytes follow the batch"));
        }
        Ok(batch)
    }

    /// This object's damage as an error that says what to do.
    pub(crate) fn damaged(&self, what: &str) -> Error {
        damaged(self.n, what)
    }
}

/// The name of object `n`.
pub(crate) fn name(n: u64) -> String {
    format!("{FOLDER}{n:020}")
}

fn damaged(n: u64, what: &str) -> Error {
    let why = format!(
        "{what}; hint: restore this object from a backup or an older version, nothing behind it \
         can be trusted"
    );
    Error::corrupt(format!("read the journal object `{}`", name(n)), why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Framed;

    #[test]
    fn an_object_comes_back_and_any_flipped_bit_is_seen() {
        let record = Framed {
            entry: b"public",
            sealed: b"private",
            attachments: &[[3; 32]],
        };
        let writer = Writer {
            epoch: 5,
            nonce: [7; 16],
        };
        let draft = Draft {
            first_seq: 11,
            salt: 1,
            root: [9; 32],
            records: &[record],
        };
        let bytes = Object::encode(4, &writer, &draft);
        let object = Object::decode(4, bytes.clone()).unwrap();
        assert_eq!(object.writer, writer);
        let batch = object.batch().unwrap();
        assert_eq!((batch.first_seq, batch.end_seq()), (11, 12));
        assert_eq!(batch.records, [record]);
        let holds = |bytes: Vec<u8>| match Object::decode(4, bytes) {
            Ok(object) => object.batch().is_ok(),
            Err(_) => false,
        };
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 4;
            assert!(!holds(flipped), "byte {at}");
            assert!(!holds(bytes[..at].to_vec()), "cut at {at}");
        }
        assert!(!holds([bytes.as_slice(), b"!"].concat()));
        let error = Object::decode(5, bytes).unwrap_err().to_string();
        assert!(error.contains("it was written as object 4"), "{error}");
    }
}
