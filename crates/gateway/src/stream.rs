//! Answers that come in events: passed on as they are, counted, and ended with a receipt.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use proof::hash::Sha256;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::Fault;
use crate::call::{Call, prefix};
use crate::request::Route;
use crate::sse::{self, Events};
use crate::upstream::Answered;
use crate::usage::{self, Said};

/// Events that are made before the first of them is read.
const WAITING_EVENTS: usize = 32;

/// Events of an answer. Whoever reads them does the work for the next one, in their own task;
/// dropped before the end, what has come is settled in another.
pub struct Reading {
    events: mpsc::Receiver<Bytes>,
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Reading {
    /// The next event; none at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The same for those who poll.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(work) = &mut self.work {
            if let Poll::Ready(Some(event)) = self.events.poll_recv(context) {
                return Poll::Ready(Some(event));
            }
            if work.as_mut().poll(context).is_ready() {
                self.work = None;
            }
        }
        self.events.poll_recv(context)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.events.close();
        // Without a runtime the server has ended, and nothing is settled any more.
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

/// How a stream has ended.
enum End {
    /// As the upstream meant it.
    Whole,
    /// It broke off.
    Broken(Fault),
    /// The reader has gone.
    Gone,
}

/// Events that stand together and are passed on.
struct Run {
    bytes: usize,
    events: u64,
    text_bytes: u64,
    after: After,
}

/// What stands behind them.
enum After {
    /// No whole event.
    Wait,
    /// One that is not passed on, of so many bytes.
    Skip(usize),
    /// The end.
    End(End),
}

/// A call whose answer is on its way.
pub struct Stream {
    call: Call,
    events: mpsc::Sender<Bytes>,
    hasher: Sha256,
    output_bytes: u64,
    forwarded: u64,
    said: Option<Said>,
    /// Id, time and model as the upstream's events have them.
    head: Option<(Value, Value, Value)>,
    ended: bool,
}

impl Stream {
    fn new(call: Call, events: mpsc::Sender<Bytes>) -> Self {
        Self {
            hasher: call.hasher(),
            call,
            events,
            output_bytes: 0,
            forwarded: 0,
            said: None,
            head: None,
            ended: false,
        }
    }

    /// Passes an upstream's events on until either side ends.
    pub fn pass(call: Call, answered: Answered) -> Reading {
        Self::read(call, |own| Box::pin(own.passed(answered)))
    }

    /// Sends the texts of a model that runs here.
    pub fn produce(call: Call, texts: Vec<String>) -> Reading {
        Self::read(call, |own| Box::pin(own.produced(texts)))
    }

    fn read(
        call: Call,
        work: impl FnOnce(Self) -> Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> Reading {
        let (sender, events) = mpsc::channel(WAITING_EVENTS);
        Reading {
            events,
            work: Some(work(Self::new(call, sender))),
        }
    }

    async fn passed(mut self, mut answered: Answered) {
        let mut events = Events::default();
        let end = loop {
            let Some(chunk) = chunk_unless_gone(&self.events, &mut answered).await else {
                break End::Gone;
            };
            let bytes = match chunk {
                Ok(Some(bytes)) => bytes,
                // Some leave out the blank line behind the last event.
                Ok(None) if self.ended || sse::data(&events.rest()) == Some(b"[DONE]") => {
                    break End::Whole;
                }
                Ok(None) => {
                    break End::Broken(Fault::upstream("the upstream's answer broke off"));
                }
                Err(fault) => break End::Broken(fault),
            };
            if !events.push(&bytes) {
                break End::Broken(Fault::upstream("the upstream's event is too long"));
            }
            if let Some(end) = self.take(&mut events).await {
                break end;
            }
        };
        if !matches!(end, End::Whole) {
            // What an upstream still works on for nobody is cut off at once.
            drop(answered);
            return self.finish(end).await;
        }
        self.finish(end).await;
        answered.ended().await;
    }

    async fn produced(mut self, texts: Vec<String>) {
        let route = self.call.route;
        let last = texts.len().saturating_sub(1);
        for (place, text) in texts.iter().enumerate() {
            let reason = if place == last {
                json!("stop")
            } else {
                Value::Null
            };
            let choice = match route {
                Route::Chat if place == 0 => json!({"index": 0, "finish_reason": reason,
                    "delta": {"role": "assistant", "content": text}}),
                Route::Chat => {
                    json!({"index": 0, "finish_reason": reason, "delta": {"content": text}})
                }
                _ => json!({"index": 0, "finish_reason": reason, "text": text}),
            };
            let mut event = self.frame();
            event["choices"] = json!([choice]);
            let bytes = Bytes::from(format!("data: {event}\n\n"));
            if !self.forward(bytes, (1, text.len() as u64)).await {
                return self.finish(End::Gone).await;
            }
        }
        self.finish(End::Whole).await;
    }

    /// Passes on all events that are whole, those that stand together as one piece; says when the
    /// stream is over.
    async fn take(&mut self, events: &mut Events) -> Option<End> {
        loop {
            let run = self.look(events);
            if run.bytes > 0 {
                let piece = events.take(run.bytes);
                if !self.forward(piece, (run.events, run.text_bytes)).await {
                    return Some(End::Gone);
                }
            }
            match run.after {
                After::Wait => return None,
                After::Skip(bytes) => drop(events.take(bytes)),
                After::End(end) => return Some(end),
            }
        }
    }

    /// What the first events say, up to one that is not passed on.
    fn look(&mut self, events: &Events) -> Run {
        let mut run = Run {
            bytes: 0,
            events: 0,
            text_bytes: 0,
            after: After::Wait,
        };
        while let Some(event) = events.at(run.bytes) {
            let data = sse::data(event).unwrap_or_default();
            if data == b"[DONE]" {
                run.after = After::End(End::Whole);
                break;
            }
            let document: Value = serde_json::from_slice(data).unwrap_or(Value::Null);
            if let Some(said) = usage::said(&document) {
                self.said = Some(said);
            }
            let kind = document.get("type").and_then(Value::as_str);
            self.ended |= matches!(kind, Some("response.completed" | "response.incomplete"));
            let bare = document.get("choices").and_then(Value::as_array);
            if bare.is_some_and(Vec::is_empty) && document.get("usage").is_some() {
                // Its place is taken by the one with the receipt.
                run.after = After::Skip(event.len());
                break;
            }
            if self.head.is_none() && document.get("id").is_some() {
                let field = |name: &str| document.get(name).cloned().unwrap_or_default();
                self.head = Some((field("id"), field("created"), field("model")));
            }
            let bytes = match self.call.route {
                // What is said again when a response is complete was counted as it came.
                Route::Response if kind.is_some_and(|kind| !kind.ends_with(".delta")) => 0,
                _ => usage::answer_bytes(&document),
            };
            run.bytes += event.len();
            run.events += 1;
            run.text_bytes += bytes;
            if document.get("error").is_some_and(|error| !error.is_null()) {
                let message = "the upstream has reported an error within its answer";
                run.after = After::End(End::Broken(Fault::upstream(message)));
                break;
            }
        }
        run
    }

    /// Events and what they say, as numbers. False if nobody reads any more; then they are neither
    /// counted nor paid.
    async fn forward(&mut self, piece: Bytes, (events, text_bytes): (u64, u64)) -> bool {
        if self.events.send(piece.clone()).await.is_err() {
            return false;
        }
        self.hasher.update(&piece);
        self.output_bytes += text_bytes;
        self.forwarded += events;
        true
    }

    /// Writes down what was used and ends the stream: whole with `[DONE]`, broken without.
    async fn finish(self, end: End) {
        let frame = self.frame();
        let Self {
            call,
            events,
            hasher,
            output_bytes,
            forwarded,
            said,
            ..
        } = self;
        let route = call.route;
        let whole = matches!(end, End::Whole);
        // An answer of which nothing came costs nothing, unless it was meant to be empty.
        let settled = if whole || forwarded > 0 {
            let said = said.filter(|_| whole);
            let output = hasher.finish();
            Some(call.settle(said, output_bytes, output, whole).await)
        } else {
            call.fail().await.transpose()
        };
        let (settled, fault) = match (settled, end) {
            (_, End::Gone) => return,
            (Some(Err(fault)), _) => (None, Some(fault)),
            (Some(Ok(settled)), End::Broken(fault)) => (Some(settled), Some(fault)),
            (Some(Ok(settled)), End::Whole) => (Some(settled), None),
            (None, End::Broken(fault)) => (None, Some(fault)),
            (None, End::Whole) => (None, None),
        };
        let mut last = match &fault {
            Some(fault) => fault.json(),
            None => frame,
        };
        if let Some(settled) = &settled {
            last["headwater"] = settled.document().into();
            if fault.is_none() {
                last["usage"] = settled.usage();
            }
        }
        let mut text = match (route, &fault) {
            (Route::Response, None) => format!("event: headwater.receipt\ndata: {last}\n\n"),
            (Route::Response, Some(_)) => format!("event: error\ndata: {last}\n\n"),
            _ => format!("data: {last}\n\n"),
        };
        if fault.is_none() && route != Route::Response {
            text.push_str("data: [DONE]\n\n");
        }
        // Whoever has gone meanwhile has their receipt in the log.
        events.send(text.into()).await.ok();
    }

    /// An event without choices, in the words of the route.
    fn frame(&self) -> Value {
        let call = &self.call;
        let own = || {
            let id = format!("{}-{}", prefix(call.route), call.id);
            (
                id.into(),
                (call.now_ms / 1_000).into(),
                call.model.name.clone().into(),
            )
        };
        let (id, created, model) = self.head.clone().unwrap_or_else(own);
        let object = match call.route {
            Route::Chat => "chat.completion.chunk",
            Route::Response => return json!({"type": "headwater.receipt"}),
            _ => "text_completion",
        };
        json!({"id": id, "object": object, "created": created, "model": model, "choices": []})
    }
}

/// The next bytes of an upstream; `None` once nobody reads any more. Whoever hangs up cancels what
/// runs for them at once, and not with the next event.
async fn chunk_unless_gone(
    events: &mpsc::Sender<Bytes>,
    answered: &mut Answered,
) -> Option<Result<Option<Bytes>, Fault>> {
    let mut gone = pin!(events.closed());
    let mut chunk = pin!(answered.chunk());
    poll_fn(|context| {
        if gone.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        chunk.as_mut().poll(context).map(Some)
    })
    .await
}
