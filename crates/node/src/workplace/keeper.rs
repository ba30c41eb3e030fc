//! The desk's thread: changes that wait are kept together, with one commit.

use crate::ticket::Reply;
use std::sync::mpsc::Receiver;
use view::desk::{self, Change};

/// Changes for the desk, and who waits for them.
pub(super) type Kept = (Vec<Change>, Reply<Result<(), String>>);

/// Changes that wait are committed together: one commit while the next ones gather.
pub(super) fn keep(mut desk: desk::Desk, changes: &Receiver<Kept>) {
    while let Ok((mut batch, reply)) = changes.recv() {
        let mut replies = vec![reply];
        while batch.len() < 1_000
            && let Ok((more, reply)) = changes.try_recv()
        {
            batch.extend(more);
            replies.push(reply);
        }
        let kept = desk.commit(&batch).map_err(|error| error.to_string());
        for reply in replies {
            reply.send(kept.clone());
        }
    }
}
