//! The tree of a composed call: each receipt names the call it was made in, and what it has used.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proof::hash::sha256;

use crate::Receipt;
use crate::receipt::take;

/// Length of a place in a tree within a receipt.
pub const TREE_BYTES: usize = 32 + 32 + 2 + 16 + 32;
/// What the ids of all that a call has used are hashed behind.
const CHILDREN_DOMAIN: &[u8] = b"headwater/use-children/v1\0";

/// Where a use stands among those of one composed call (`docs/spec/segment.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The call in which it was made; none at the top.
    pub within: Option<[u8; 32]>,
    /// Its own id as a call, which all that was used in it names; none where nothing could be.
    pub call: Option<[u8; 32]>,
    /// How many uses were made directly in it.
    pub children: u16,
    /// What they cost together, each with all below it, in base units.
    pub children_units: u128,
    /// See [`children_root`].
    pub children_root: [u8; 32],
    /// Whether the call has come to nothing: it costs nothing itself and is in no segment.
    pub failed: bool,
}

impl Tree {
    /// The bytes that a receipt carries, all but `failed`; numbers big end first.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(TREE_BYTES);
        bytes.extend(self.within.unwrap_or_default());
        bytes.extend(self.call.unwrap_or_default());
        bytes.extend(self.children.to_be_bytes());
        bytes.extend(self.children_units.to_be_bytes());
        bytes.extend(self.children_root);
        bytes
    }

    /// Takes [`TREE_BYTES`] off what is read.
    pub(crate) fn read(rest: &mut &[u8], failed: bool) -> Option<Self> {
        let named = |id: [u8; 32]| (id != [0; 32]).then_some(id);
        Some(Self {
            within: named(take(rest)?),
            call: named(take(rest)?),
            children: u16::from_be_bytes(take(rest)?),
            children_units: u128::from_be_bytes(take(rest)?),
            children_root: take(rest)?,
            failed,
        })
    }
}

/// The digest of the ids of the receipts that a call has used, in the order of their counters.
pub fn children_root(ids: &[[u8; 32]]) -> [u8; 32] {
    let ids = ids.iter().map(<[u8; 32]>::as_slice);
    let parts: Vec<&[u8]> = [CHILDREN_DOMAIN].into_iter().chain(ids).collect();
    sha256(&parts)
}

/// A receipt at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    /// 0 at the top.
    pub depth: usize,
    /// What it says.
    pub receipt: &'a Receipt,
}

/// Why receipts are not those of one call, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Some are missing, or of another call: whoever has brought them may be to blame.
    Incomplete(String),
    /// They contradict each other: if one gateway has signed them all, they convict it.
    Contradiction(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete(words) | Self::Contradiction(words) => out.write_str(words),
        }
    }
}

/// Holds receipts of one composed call against one another: from the top down, each behind what it
/// was used in. Who has signed them is not asked here.
///
/// # Errors
/// A receipt that is missing or too many, a sum or a digest that does not follow.
pub fn check(receipts: &[Receipt]) -> Result<Vec<Node<'_>>, Wrong> {
    let incomplete = |words: &str| Err(Wrong::Incomplete(words.to_owned()));
    let mut calls: BTreeMap<[u8; 32], &Receipt> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    let mut top = None;
    for receipt in receipts {
        if !ids.insert(receipt.row.receipt) {
            return incomplete("a receipt is there twice");
        }
        let call = receipt.tree.and_then(|tree| tree.call);
        if call.is_some_and(|call| calls.insert(call, receipt).is_some()) {
            let words = "two receipts are of the same call".to_owned();
            return Err(Wrong::Contradiction(words));
        }
        if receipt.tree.is_none_or(|tree| tree.within.is_none()) && top.replace(receipt).is_some() {
            return incomplete("two receipts were made in no other call");
        }
    }
    let Some(top) = top else {
        return incomplete("the receipt of the whole call is missing");
    };
    let mut below: BTreeMap<[u8; 32], Vec<&Receipt>> = BTreeMap::new();
    for receipt in receipts {
        let Some(within) = receipt.tree.and_then(|tree| tree.within) else {
            continue;
        };
        let caller = calls.get(&within).ok_or_else(|| {
            let counter = receipt.counter;
            let words = format!("use {counter} was made in a call whose receipt is missing");
            Wrong::Incomplete(words)
        })?;
        let same = |of: &Receipt| (of.space, of.payer, of.row.allowance);
        if same(receipt) != same(caller) || receipt.counter >= caller.counter {
            let (own, counter) = (receipt.counter, caller.counter);
            let words = format!("use {own} cannot have been made in use {counter}");
            return Err(Wrong::Contradiction(words));
        }
        below.entry(within).or_default().push(receipt);
    }
    for children in below.values_mut() {
        children.sort_by_key(|receipt| receipt.counter);
    }
    for receipt in receipts {
        let call = receipt.tree.and_then(|tree| tree.call);
        let children = call.and_then(|call| below.get(&call));
        add_up(receipt, children.map_or(&[][..], Vec::as_slice))?;
    }
    let mut nodes = Vec::new();
    let mut waiting = vec![(0, top)];
    while let Some((depth, receipt)) = waiting.pop() {
        nodes.push(Node { depth, receipt });
        let call = receipt.tree.and_then(|tree| tree.call);
        let children = call.and_then(|call| below.get(&call)).into_iter().flatten();
        waiting.extend(children.rev().map(|child| (depth + 1, *child)));
    }
    Ok(nodes)
}

/// Whether a receipt names these children, all of them and no other, and their sum.
fn add_up(receipt: &Receipt, children: &[&Receipt]) -> Result<(), Wrong> {
    let Some(tree) = &receipt.tree else {
        return Ok(());
    };
    let contradiction = |words: String| Err(Wrong::Contradiction(words));
    let counter = receipt.counter;
    let named = usize::from(tree.children);
    let here = children.len();
    if here > named {
        return contradiction(format!(
            "use {counter} names {named} uses in it, and {here} say that they were made in it"
        ));
    }
    if named != here {
        return Err(Wrong::Incomplete(format!(
            "use {counter} has used {named} others, and {here} of them are here"
        )));
    }
    let ids: Vec<[u8; 32]> = children.iter().map(|child| child.row.receipt).collect();
    if tree.call.is_some() && children_root(&ids) != tree.children_root {
        return contradiction(format!("use {counter} has used others than those here"));
    }
    let sum = children.iter().try_fold(0_u128, |sum, child| {
        sum.checked_add(child.row.amount_units)?
            .checked_add(child.tree.map_or(0, |tree| tree.children_units))
    });
    if sum != Some(tree.children_units) {
        return contradiction(format!(
            "what use {counter} has used does not cost {} units together",
            tree.children_units
        ));
    }
    if receipt.failed() && receipt.row.amount_units > 0 {
        return contradiction(format!("use {counter} came to nothing and costs something"));
    }
    Ok(())
}
