//! Calls under idempotency keys: asked twice, answered and charged once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use proof::hash::sha256;
use protocol::Hash;

use crate::door::Asked;
use crate::record::Once;
use crate::{Body, Fault, Reply, Till};

/// Longest idempotency key, in bytes.
const MOST_KEY_BYTES: usize = 255;
/// Longest answer that is kept to be given again, in bytes.
const MOST_ANSWER_BYTES: usize = 1 << 20;
/// Bytes of all answers that are kept; the oldest go first.
const MOST_KEPT_BYTES: usize = 64 << 20;
/// What the digests of keys and questions begin with.
const DOMAIN: &[u8] = b"headwater/use-once/v1\0";
/// What an answer weighs beside its body and its headers, in bytes.
const HEAD_BYTES: usize = 512;

/// Answers that are given again, and calls that run.
#[derive(Debug, Default)]
pub(crate) struct Memo(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    running: BTreeSet<[u8; 32]>,
    answers: BTreeMap<[u8; 32], Answer>,
    order: VecDeque<[u8; 32]>,
    bytes: usize,
}

/// A whole answer.
#[derive(Clone, Debug)]
struct Answer {
    asked: [u8; 32],
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Answer {
    /// Bytes in memory, or a little more.
    fn weight(&self) -> usize {
        let headers = self.headers.iter();
        let headers =
            headers.map(|(name, value)| 2 * size_of::<String>() + name.len() + value.len());
        HEAD_BYTES + self.body.len() + headers.sum::<usize>()
    }
}

/// A call that runs under an idempotency key; until this is dropped no other does under the same.
#[derive(Debug)]
pub(crate) struct Turn {
    memo: Arc<Memo>,
    /// Which call.
    pub once: Once,
}

/// Which call is meant: `scope` is that of whoever asks, with whether they ask within a call;
/// `purpose` is what it is for, whoever says so. What was answered for one purpose is no answer for
/// another.
pub(crate) fn meant(
    (scope, within): (&[u8], bool),
    word: &str,
    (asked, purpose): (&Asked, &str),
) -> Result<Once, Fault> {
    if word.is_empty() || word.len() > MOST_KEY_BYTES {
        let words = format!("`idempotency-key` has 1 to {MOST_KEY_BYTES} bytes");
        return Err(Fault::invalid("invalid_idempotency_key", words));
    }
    Ok(Once {
        scope: sha256(&[DOMAIN, scope, b"\0", word.as_bytes()]),
        body: question(asked, purpose),
        within,
    })
}

/// Digest of what is asked for a purpose.
fn question(asked: &Asked, purpose: &str) -> [u8; 32] {
    let (path, purpose) = (asked.path.as_bytes(), purpose.as_bytes());
    sha256(&[DOMAIN, path, b"\0", purpose, b"\0", &asked.body])
}

impl Memo {
    /// Begins a call, or gives the answer that it was given before.
    ///
    /// # Errors
    /// 409 where it runs, where its answer is not at hand any more, and where the key was used for
    /// another question.
    pub fn begin(
        self: &Arc<Self>,
        till: &Till,
        (key, once): (i64, Once),
        asked: &Asked,
    ) -> Result<Result<Turn, Reply>, Fault> {
        let reused = || {
            let words = "this idempotency key was used for another question, or for another \
                         purpose; send another key";
            Err(Fault::conflict("idempotency_key_reused", words))
        };
        let mut kept = self.kept();
        if let Some(answer) = kept.answers.get(&once.scope) {
            if answer.asked != once.body {
                return reused();
            }
            return Ok(Err(Reply {
                status: answer.status,
                headers: answer.headers.clone(),
                body: Body::Whole(answer.body.clone()),
            }
            .with("x-headwater-replayed", "true")));
        }
        if kept.running.contains(&once.scope) {
            let words = "the call with this idempotency key still runs; ask again in a moment";
            return Err(Fault {
                retry_after_s: Some(1),
                ..Fault::conflict("call_runs", words)
            });
        }
        // Written down before anybody was told of it: true also after a crash.
        if let Some(answered) = till.answered(key, &once) {
            let was = answered.once.body;
            // Older digests have no purpose where the caller did not say one.
            if was != once.body && was != question(asked, "") {
                return reused();
            }
            let receipt = Hash(answered.receipt);
            let words = format!(
                "the call with this idempotency key was answered and charged, and its answer is \
                 not kept; its receipt is {receipt}, and another key asks anew"
            );
            return Err(Fault::conflict("already_answered", words));
        }
        kept.running.insert(once.scope);
        drop(kept);
        let memo = Arc::clone(self);
        Ok(Ok(Turn { memo, once }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Keeps an answer that comes at once and is not too long, so that it can be given again.
    pub fn keep(&self, reply: &Reply) {
        let Body::Whole(body) = &reply.body else {
            return;
        };
        if body.len() > MOST_ANSWER_BYTES {
            return;
        }
        let mut kept = self.memo.kept();
        kept.order.push_back(self.once.scope);
        let answer = Answer {
            asked: self.once.body,
            status: reply.status,
            headers: reply.headers.clone(),
            body: body.clone(),
        };
        kept.bytes += answer.weight();
        if let Some(gone) = kept.answers.insert(self.once.scope, answer) {
            kept.bytes -= gone.weight();
        }
        while kept.bytes > MOST_KEPT_BYTES {
            let Some(oldest) = kept.order.pop_front() else {
                return;
            };
            if let Some(gone) = kept.answers.remove(&oldest) {
                kept.bytes -= gone.weight();
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.memo.kept().running.remove(&self.once.scope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer to one more call, with a head of so many bytes.
    fn keep(memo: &Arc<Memo>, number: u8, head: usize) {
        let turn = Turn {
            memo: Arc::clone(memo),
            once: Once {
                scope: [number; 32],
                body: [0; 32],
                within: false,
            },
        };
        let reply = Reply::whole(200, "text/plain", Bytes::from_static(b"yes"));
        turn.keep(&reply.with("x-headwater-children", "r".repeat(head)));
    }

    #[test]
    fn receipts_in_the_head_of_an_answer_are_counted() {
        let memo = Arc::new(Memo::default());
        for number in 0..70 {
            keep(&memo, number, 1 << 20);
        }
        let kept = memo.kept();
        assert!(kept.bytes <= MOST_KEPT_BYTES);
        assert_eq!(kept.answers.len(), 63);
        let weights = kept.answers.values().map(Answer::weight);
        assert_eq!(weights.sum::<usize>(), kept.bytes);
        assert!(!kept.answers.contains_key(&[0; 32]), "the oldest go first");
    }
}
