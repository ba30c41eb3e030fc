//! Proofs that need no arbiter: two leaves, or two signatures, that cannot both be honest.

use crate::memory::Memory;
use crate::tree::Tree;
use audit::{Audit, Source};
use chain::leaves::Leaves;
use chain::objection::{Objection, Signed};
use chain::watched::{Look, Rules, Seen};
use proof::hash::sha256;
use proof::{Checkpoint, note};

/// Everything that proofs are made of.
pub struct Evidence<'a, 'b> {
    /// What the log says.
    pub audit: &'a Audit<'b>,
    /// The operator's public files.
    pub source: &'a dyn Source,
    /// Statements and hashes from before.
    pub memory: &'a Memory,
    /// The contracts' terms.
    pub rules: &'a Rules,
    /// The contracts now.
    pub look: &'a Look,
    /// Whether a key of the operator on this chain has signed a statement: all others prove
    /// nothing, and must not stand in the way of those that do.
    pub counts: &'a dyn Fn(&Signed) -> bool,
}

impl Evidence<'_, '_> {
    /// A proof that the tree of an epoch has two leaves of one account, or that a line of it has
    /// fallen since its parent.
    pub fn of_leaves(&self, seen: &Seen) -> Option<Objection> {
        let id = seen.post.id;
        let now = self.leaves(seen)?;
        if let Some((one, other)) = now.duplicate() {
            return Some(Objection::Duplicate { id, one, other });
        }
        let parent = seen.post.parent;
        let parent = self.look.epochs.iter().find(|it| it.post.id == parent)?;
        let (now, before) = now.decrease(&self.leaves(parent)?)?;
        Some(Objection::Decrease { id, now, before })
    }

    /// A proof that two different statements carry this epoch's id.
    pub fn of_statements(&self, id: u64) -> Option<Objection> {
        let known = self.memory.statements(id);
        let differs = |signed: &Signed| signed.statement != known[0].statement;
        if !known.iter().any(differs) {
            return None;
        }
        let mut known = known.iter().filter(|signed| (self.counts)(signed));
        let one = known.next()?;
        let other = known.find(|other| other.statement != one.statement)?;
        let (one, other) = (one.clone(), other.clone());
        Some(Objection::Equivocation { one, other })
    }

    /// A proof that an epoch rests on a log that parts from the one under an earlier statement,
    /// made of the tiles that were kept and those that the operator shows now.
    pub fn of_logs(&self, seen: &Seen) -> Option<Objection> {
        let mine = seen.signed.as_ref().filter(|mine| (self.counts)(mine))?;
        let (kept, shown) = (self.memory.tiles(), self.shown());
        let kept_size = self.memory.head().map_or(0, |head| head.size);
        let shown_size = self.shown_size().unwrap_or(0);
        let trees = [Tree::new(kept_size, &kept), Tree::new(shown_size, &shown)];
        let both = kept_size.min(shown_size);
        if trees[0].root_at(both) == trees[1].root_at(both) {
            return None;
        }
        let holds = |tree: &&Tree<'_>, signed: &Signed| {
            let root = tree.root_at(signed.statement.logSize);
            root == Some(signed.statement.checkpointRoot.into())
        };
        let own = trees.iter().find(|tree| holds(tree, mine))?;
        self.memory.all_statements().find_map(|other| {
            let tree = trees.iter().find(|tree| holds(tree, other))?;
            let sizes = (mine.statement.logSize, other.statement.logSize);
            let at = own.fork(sizes.0, tree, sizes.1)?;
            if !(self.counts)(other) {
                return None;
            }
            let (one, other) = (mine.clone(), other.clone());
            Some(Objection::Fork { one, other, at })
        })
    }

    /// The leaves under a posted root: the ledger's where it is the ledger's root, otherwise those
    /// of the public file, if they are what was posted.
    fn leaves(&self, seen: &Seen) -> Option<Leaves> {
        let (id, post) = (seen.post.id, &seen.post);
        let domain = self.rules.domain();
        let own = self.audit.claims(id);
        let own = own.and_then(|own| Leaves::within(own.parts(), &domain));
        if let Some(own) = own.filter(|own| own.root() == post.root) {
            return Some(own);
        }
        let file = self.source.claims(id).ok().flatten()?;
        if sha256(&[&file]) != post.data_hash {
            return None;
        }
        let leaves = Leaves::read(&file, &domain);
        leaves.filter(|leaves| leaves.root() == post.root)
    }

    fn shown(&self) -> impl Fn(&str) -> Option<Vec<u8>> {
        |path| self.source.file(path).ok().flatten()
    }

    /// What is read under it is held against signed roots, so the note need not be believed.
    fn shown_size(&self) -> Option<u64> {
        let note = self.source.file("checkpoint").ok().flatten()?;
        let text = note::text_unverified(&note).ok()?;
        Some(Checkpoint::parse(text).ok()?.head.size)
    }
}
