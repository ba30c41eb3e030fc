//! One thread that runs a bucket's requests, so that callers may be threads of any kind.
use std::sync::mpsc::{self, Receiver};
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// Runs futures until it is dropped; what is then under way is given up.
pub(super) struct Runtime {
    handle: Handle,
    _running: oneshot::Sender<()>,
}

impl Runtime {
    pub(super) fn new() -> Result<Self> {
        let failed = |source: std::io::Error| {
            Error::unavailable("start the thread of a bucket", source.to_string())
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let handle = runtime.handle().clone();
        let (running, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name("bucket".to_owned());
        let started = thread.spawn(move || {
            // An error is how the channel says that the bucket was dropped.
            runtime.block_on(stopped).ok();
        });
        started.map_err(failed)?;
        Ok(Self {
            handle,
            _running: running,
        })
    }

    /// Begins an operation; its outcome comes through the channel.
    pub(super) fn start<T: Send + 'static>(
        &self,
        operation: impl Future<Output = T> + Send + 'static,
    ) -> Receiver<T> {
        let (outcome, receiver) = mpsc::channel();
        self.handle.spawn(async move {
            // Whoever asked may have gone.
            outcome.send(operation.await).ok();
        });
        receiver
    }
}
