//! The receipt of a use: fixed bytes under the gateway's signature (`docs/spec/segment.md`).

use crate::tree::{TREE_BYTES, Tree};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use proof::hash::{Sha256, sha256};
use proof::signature::{self, SessionKey};
use protocol::usage::COUNTED_ROW_BYTES;
use protocol::{AccountId, AssetId, Space, UsageRow};

/// What is signed begins with this.
const DOMAIN: &[u8] = b"headwater/use-receipt/v1\0";
/// What a receipt's id is hashed from begins with this.
const ID_DOMAIN: &[u8] = b"headwater/use/v2\0";
/// The same for a use that is part of a composed call.
const TREE_ID_DOMAIN: &[u8] = b"headwater/use/v3\0";
/// What the digests of question and answer are hashed from begins with this.
const DIGEST_DOMAIN: &[u8] = b"headwater/use-body/v1\0";
/// Version of the layout.
const VERSION: u8 = 1;
/// Version of the layout with a place in a tree of uses.
const TREE_VERSION: u8 = 2;
/// Status of a composed call that has come to nothing after others were used in it.
const FAILED: u8 = 2;
/// Version, space, asset, payer, counter, status, due.
const HEAD_BYTES: usize = 1 + 16 + 4 + 4 + 8 + 1 + 8;
/// Length of a receipt without its signature.
const BODY_BYTES: usize = HEAD_BYTES + COUNTED_ROW_BYTES;

/// What the gateway says of one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The log that it will be in.
    pub space: Space,
    /// The asset that was used.
    pub asset: AssetId,
    /// Who pays.
    pub payer: AccountId,
    /// The payer's n-th receipt of this gateway, from 1, without a gap.
    pub counter: u64,
    /// False if the answer broke off; what had come by then is paid.
    pub whole: bool,
    /// Until when a checkpoint covers it, in milliseconds since 1970.
    pub due_ms: u64,
    /// The row, with counts of tokens.
    pub row: UsageRow,
    /// Its place among the uses of a composed call; none for a use on its own.
    pub tree: Option<Tree>,
}

impl Receipt {
    /// The id that follows from all the rest, so that no two uses have one.
    pub fn id(&self) -> [u8; 32] {
        let bare = UsageRow {
            receipt: [0; 32],
            ..self.row
        };
        let (payer, counter) = (self.payer.0.to_be_bytes(), self.counter.to_be_bytes());
        let (domain, tree) = match &self.tree {
            Some(tree) => (TREE_ID_DOMAIN, tree.bytes()),
            None => (ID_DOMAIN, Vec::new()),
        };
        let space = &self.space.0;
        sha256(&[domain, space, &payer, &counter, &tree, &bare.bytes()])
    }

    /// The same receipt under the id that follows from it.
    pub fn numbered(mut self) -> Self {
        self.row.receipt = self.id();
        self
    }

    /// Whether it is of a composed call that has come to nothing: what was used in it is paid, it
    /// costs nothing itself and is in no segment.
    pub fn failed(&self) -> bool {
        self.tree.is_some_and(|tree| tree.failed)
    }

    /// What the use costs with all that was used in it, in base units.
    pub fn whole_units(&self) -> u128 {
        let below = self.tree.map_or(0, |tree| tree.children_units);
        self.row.amount_units.saturating_add(below)
    }

    /// The bytes before the signature, numbers big end first.
    pub fn body(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BODY_BYTES + 64);
        bytes.push(self.tree.map_or(VERSION, |_| TREE_VERSION));
        bytes.extend(self.space.0);
        bytes.extend(self.asset.0.to_be_bytes());
        bytes.extend(self.payer.0.to_be_bytes());
        bytes.extend(self.counter.to_be_bytes());
        let whole = u8::from(self.whole);
        bytes.push(if self.failed() { FAILED } else { whole });
        bytes.extend(self.due_ms.to_be_bytes());
        bytes.extend(self.tree.map_or_else(Vec::new, |tree| tree.bytes()));
        bytes.extend(self.row.bytes());
        bytes
    }

    /// The receipt as text: body and signature, base64url without padding.
    pub fn sign(&self, key: &SessionKey) -> String {
        let mut bytes = self.body();
        let signature = key.sign(&[DOMAIN, &bytes].concat());
        bytes.extend(signature);
        BASE64.encode(bytes)
    }

    /// Whether a text has the length of one.
    pub fn is_meant(text: &str) -> bool {
        let lengths = [BODY_BYTES, BODY_BYTES + TREE_BYTES];
        lengths.contains(&(text.len() * 3 / 4).saturating_sub(64))
    }

    /// Reads a receipt whose signature nobody has checked; `None` for other bytes, and where the id
    /// does not follow from the rest.
    pub fn read(text: &str) -> Option<(Self, [u8; 64])> {
        let bytes = BASE64.decode(text.trim()).ok()?;
        let has_tree = *bytes.first()? == TREE_VERSION;
        let length = BODY_BYTES + if has_tree { TREE_BYTES } else { 0 };
        let (body, signature) = bytes.split_at_checked(length)?;
        let signature = signature.try_into().ok()?;
        let mut rest = body;
        let [VERSION | TREE_VERSION] = take(&mut rest)? else {
            return None;
        };
        let space = Space(take(&mut rest)?);
        let asset = AssetId(u32::from_be_bytes(take(&mut rest)?));
        let payer = AccountId(u32::from_be_bytes(take(&mut rest)?));
        let counter = u64::from_be_bytes(take(&mut rest)?);
        let [status] = take(&mut rest)?;
        let due_ms = u64::from_be_bytes(take(&mut rest)?);
        let tree = match has_tree {
            true => Some(Tree::read(&mut rest, status == FAILED)?),
            false => None,
        };
        if status > 1 && !(has_tree && status == FAILED) {
            return None;
        }
        let receipt = Self {
            space,
            asset,
            payer,
            counter,
            whole: status == 1,
            due_ms,
            row: UsageRow::from_bytes(rest)?,
            tree,
        };
        (receipt.id() == receipt.row.receipt).then_some((receipt, signature))
    }

    /// Reads a receipt and checks that this key has signed it.
    pub fn open(text: &str, key: &[u8; 32]) -> Option<Self> {
        let (receipt, signature) = Self::read(text)?;
        let signed = [DOMAIN, &receipt.body()].concat();
        let good = signature::verify(key, &signed, &signature).is_ok();
        good.then_some(receipt)
    }
}

/// The digest of a question or an answer: nobody without the salt can guess what it is of.
pub fn digest(salt: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut all = vec![DIGEST_DOMAIN, &salt[..]];
    all.extend(parts);
    sha256(&all)
}

/// The same for bytes that come one after the other.
pub fn hasher(salt: &[u8; 32]) -> Sha256 {
    let mut hasher = Sha256::default();
    hasher.update(DIGEST_DOMAIN);
    hasher.update(salt);
    hasher
}

/// The next so many bytes of what is read; `None` where fewer are left.
pub(crate) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocol::usage::{TokenSource, Tokens};

    pub fn row(number: u32) -> UsageRow {
        UsageRow {
            receipt: [0; 32],
            allowance: number,
            purpose: 1,
            time_ms: 1_000,
            amount_units: 7,
            input: [3; 32],
            output: [4; 32],
            tokens: Some(Tokens {
                input: 5,
                output: 6,
                source: TokenSource::Counted,
            }),
        }
    }

    fn receipt() -> Receipt {
        Receipt {
            space: Space([7; 16]),
            asset: AssetId(4),
            payer: AccountId(9),
            counter: 3,
            whole: true,
            due_ms: 61_000,
            row: row(2),
            tree: None,
        }
        .numbered()
    }

    /// One of a call in which two others were used.
    fn composed(failed: bool) -> Receipt {
        let tree = Tree {
            within: Some([5; 32]),
            call: Some([6; 32]),
            children: 2,
            children_units: 1 << 70,
            children_root: [8; 32],
            failed,
        };
        let whole = !failed;
        let tree = Some(tree);
        let bare = receipt();
        Receipt {
            whole,
            tree,
            ..bare
        }
        .numbered()
    }

    #[test]
    fn a_receipt_reads_back_and_only_its_key_opens_it() {
        let key = SessionKey::from_seed(&[1; 32]);
        let text = receipt().sign(&key);
        assert!(Receipt::is_meant(&text));
        assert_eq!(Receipt::open(&text, &key.public()), Some(receipt()));
        // The first form is what it was before there was a second one.
        let id = protocol::Hash(receipt().row.receipt).to_string();
        assert_eq!(&id[..16], "d91c24f0e22af934");
        for failed in [false, true] {
            let text = composed(failed).sign(&key);
            assert!(Receipt::is_meant(&text));
            assert_eq!(Receipt::open(&text, &key.public()), Some(composed(failed)));
        }
        let other = SessionKey::from_seed(&[2; 32]).public();
        assert_eq!(Receipt::open(&text, &other), None);
    }

    proptest! {
        #[test]
        fn no_bent_receipt_opens(at in 0usize..BODY_BYTES + 64 + TREE_BYTES, bit in 0u8..8) {
            let key = SessionKey::from_seed(&[1; 32]);
            for receipt in [receipt(), composed(false), composed(true)] {
                let mut bytes = BASE64.decode(receipt.sign(&key)).unwrap();
                let at = at % bytes.len();
                bytes[at] ^= 1 << bit;
                prop_assert_eq!(Receipt::open(&BASE64.encode(bytes), &key.public()), None);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,400}") {
            prop_assert!(Receipt::read(&text).is_none());
        }
    }
}
