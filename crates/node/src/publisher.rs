//! The publisher's thread: a checkpoint soon after something is durable, then one each period.

use crate::queue::Job;
use crate::shared::Shared;
use crate::ticket::ticket;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Runs until the bell says stop; the last checkpoint covers everything that was acknowledged.
pub(crate) fn run(shared: &Shared) {
    let mut earliest = Some(Instant::now());
    loop {
        let rung = shared.bell.wait(earliest);
        let every = Duration::from_millis(shared.settings.publish_every_ms);
        earliest = Instant::now().checked_add(every);
        publish(shared);
        for reply in rung.asked {
            reply.send(shared.published());
        }
        if rung.stop {
            shared.queue.push(Job::End);
            return;
        }
    }
}

fn publish(shared: &Shared) {
    let (reply, checkpoint) = ticket();
    shared.queue.push(Job::Publish(reply));
    if let Some(Ok(checkpoint)) = checkpoint.wait(Duration::MAX) {
        shared
            .published
            .store(checkpoint.head.size, Ordering::Release);
    }
}
