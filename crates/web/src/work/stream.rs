//! Bodies of any length between the network's tasks and threads that read and write files.

use std::io::{self, BufReader, Read, Write};

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces that may wait between the two sides.
const WAITING: usize = 8;
/// Bytes that are written together.
const PIECE_BYTES: usize = 1 << 16;

/// The body of a request as a file to read on another thread.
pub(super) fn upload(body: Body) -> BufReader<Upload> {
    let (sender, pieces) = channel(WAITING);
    tokio::spawn(async move {
        let mut body = body.into_data_stream();
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| io::Error::other(error.to_string()));
            let ends = piece.is_err();
            if sender.send(piece).await.is_err() || ends {
                break;
            }
        }
    });
    BufReader::new(Upload {
        pieces,
        rest: Bytes::new(),
    })
}

/// See [`upload`].
pub(super) struct Upload {
    pieces: Receiver<io::Result<Bytes>>,
    rest: Bytes,
}

impl Read for Upload {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.rest = piece?,
                None => return Ok(0),
            }
        }
        let count = into.len().min(self.rest.len());
        into[..count].copy_from_slice(&self.rest.split_to(count));
        Ok(count)
    }
}

/// What a thread writes, as the body of an answer; a failure of the thread cuts the body short, so
/// that nobody takes it for whole.
pub(super) fn download(
    write: impl FnOnce(&mut Download) -> Result<(), String> + Send + 'static,
) -> Body {
    let (sender, pieces) = channel(WAITING);
    tokio::task::spawn_blocking(move || {
        let mut out = Download {
            pieces: sender,
            held: Vec::with_capacity(PIECE_BYTES),
        };
        let written = write(&mut out).and_then(|()| out.flush().map_err(|it| it.to_string()));
        if let Err(why) = written {
            // Whoever has gone away hears nothing.
            out.pieces.blocking_send(Err(io::Error::other(why))).ok();
        }
    });
    let next = |mut pieces: Receiver<io::Result<Bytes>>| async move {
        let piece = pieces.recv().await?;
        Some((piece, pieces))
    };
    Body::from_stream(futures_util::stream::unfold(pieces, next))
}

/// See [`download`].
pub(super) struct Download {
    pieces: Sender<io::Result<Bytes>>,
    held: Vec<u8>,
}

impl Write for Download {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.held);
        let sent = self.pieces.blocking_send(Ok(piece.into()));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the reader has gone away"))
    }
}
