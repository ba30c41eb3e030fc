//! The desk's thread: changes that wait are kept together, with one commit.

use crate::ticket::Reply;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use view::desk::{self, Change};

/// Changes for the desk, and who waits for them, if anybody does.
pub(super) type Kept = (Vec<Change>, Option<Reply<Result<(), String>>>);

/// How long changes that nobody waits for gather. Whoever hands in what a later start cannot find
/// again, but for times, must wait: a process may end within it.
const GATHER: Duration = Duration::from_millis(20);
/// Most changes that are committed together, or a few more.
const TOGETHER: usize = 1_000;

/// Changes that wait are committed together: one commit while the next ones gather.
pub(super) fn keep(mut desk: desk::Desk, changes: &Receiver<Kept>) {
    while let Ok(first) = changes.recv() {
        let (batch, replies) = gather(first, changes);
        let kept = desk.commit(&batch).map_err(|error| error.to_string());
        for reply in replies {
            reply.send(kept.clone());
        }
    }
}

/// All that has come; as long as nobody waits for any of it, also what comes soon.
fn gather(
    (mut batch, reply): Kept,
    changes: &Receiver<Kept>,
) -> (Vec<Change>, Vec<Reply<Result<(), String>>>) {
    let mut replies: Vec<_> = reply.into_iter().collect();
    let end = Instant::now() + GATHER;
    while batch.len() < TOGETHER {
        let more = if replies.is_empty() {
            changes.recv_timeout(end.saturating_duration_since(Instant::now()))
        } else {
            changes.try_recv().map_err(|_| RecvTimeoutError::Timeout)
        };
        let Ok((more, reply)) = more else {
            break;
        };
        batch.extend(more);
        replies.extend(reply);
    }
    (batch, replies)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::ticket;
    use protocol::CampaignId;
    use std::sync::mpsc::channel;

    fn change(number: u32) -> Vec<Change> {
        vec![Change::EndRound(CampaignId(number))]
    }

    #[test]
    fn whoever_waits_takes_what_came_before_along() {
        let (sender, changes) = channel();
        let (reply, _kept) = ticket();
        sender.send((change(2), None)).expect("it is open");
        sender.send((change(3), Some(reply))).expect("it is open");
        sender.send((change(4), None)).expect("it is open");
        let (batch, replies) = gather((change(1), None), &changes);
        let all: Vec<Change> = (1..=4).flat_map(change).collect();
        assert_eq!(batch, all, "in their order");
        assert_eq!(replies.len(), 1);
    }

    #[test]
    fn what_nobody_waits_for_is_kept_too() {
        let (sender, changes) = channel();
        let (batch, replies) = gather((change(1), None), &changes);
        assert_eq!(
            (batch, replies.len()),
            (change(1), 0),
            "once the time is over"
        );
        drop(sender);
        let (batch, _) = gather((change(2), None), &changes);
        assert_eq!(batch, change(2), "also at the end");
    }
}
