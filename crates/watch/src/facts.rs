//! What the contracts say, in the words of an audit: the same for whoever reads a chain.

use audit::source::{ChainFacts, Debit, Posted};
use chain::settlement::{Post, Status};
use chain::taken::Taken;
use chain::watched::{Look, Rules};

/// What an audit compares of one look. Whether debits were released is not asked here; vouchers
/// are all redeemed ones, or none where not all of them could be read.
pub fn facts(rules: &Rules, look: &Look) -> ChainFacts {
    let earlier = look.earlier.iter();
    let earlier = earlier.map(|(post, status)| posted(post, *status));
    let epochs = look.epochs.iter();
    let epochs = epochs.map(|seen| posted(&seen.post, seen.status));
    let taken = look.taken.iter();
    let redeemed = look.redeemed.iter().flatten();
    ChainFacts {
        chain_id: rules.chain_id,
        settlement: rules.settlement,
        escrow: rules.escrow,
        tokens: rules.tokens.clone(),
        posted: earlier.chain(epochs).collect(),
        debits: taken.map(|(id, taken)| debit(*id, taken, false)).collect(),
        returned: look.returned.iter().map(|(id, sum)| (*id, *sum)).collect(),
        redeemed: redeemed.map(|it| (it.token, it.amount)).collect(),
        ..ChainFacts::default()
    }
}

/// An epoch, as it was posted and as it stands.
pub fn posted(post: &Post, status: Status) -> Posted {
    let totals = post.totals.iter().map(|total| (total.token, total.amount));
    Posted {
        id: post.id,
        parent: post.parent,
        root: post.root,
        totals: totals.collect(),
        checkpoint_root: post.checkpoint_root,
        log_size: post.log_size,
        log_time_ms: post.log_time_ms,
        data_hash: post.data_hash,
        vetoed: status == Status::Vetoed,
        final_: status == Status::Final,
    }
}

/// What was taken from a deposit for an epoch. What was shown to be owed stands in the Settlement
/// at once, the rest when it was `released`.
pub fn debit(epoch: u64, taken: &Taken, released: bool) -> Debit {
    Debit {
        epoch,
        fund: taken.deposit,
        amount: taken.amount,
        by_proof: taken.by_proof,
        released: released || taken.by_proof,
    }
}
