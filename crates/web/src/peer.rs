//! Connections as they come in: who is there, how many there are, and how long each may stall.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected as ConnectedTo;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

use crate::metrics::{Connected, Requests};

/// How long a reader may take nothing of what waits for it: then its connection is closed, and what
/// works for it ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// A socket whose connections are counted while they are open.
pub(crate) struct Counted {
    inner: TcpListener,
    requests: Requests,
}

/// A connection that is counted, and over once nothing could be written for too long.
pub(crate) struct Held<S> {
    inner: S,
    patience: Duration,
    /// Runs while something waits to be written.
    over: Option<Pin<Box<Sleep>>>,
    _counted: Option<Connected>,
}

impl<S> Held<S> {
    fn new(inner: S, patience: Duration, counted: Option<Connected>) -> Self {
        Self {
            inner,
            patience,
            over: None,
            _counted: counted,
        }
    }

    fn wait<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.over = None;
            return written;
        }
        let patience = self.patience;
        let over = self.over.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(over.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Counted {
    pub(crate) fn new(inner: TcpListener, requests: Requests) -> Self {
        Self { inner, requests }
    }
}

impl Listener for Counted {
    type Io = Held<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Held<TcpStream>, SocketAddr) {
        // The listener of tokio waits out what passes, such as too many open files.
        let (inner, address) = Listener::accept(&mut self.inner).await;
        // Events of a stream are small, and none waits for a full packet. Where it cannot be set,
        // answers are slower and no worse.
        inner.set_nodelay(true).ok();
        let counted = self.requests.connected();
        (Held::new(inner, PATIENCE, Some(counted)), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Listener::local_addr(&self.inner)
    }
}

impl ConnectedTo<IncomingStream<'_, Counted>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Counted>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Held<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Held<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.wait(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.wait(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[test]
    fn a_reader_that_takes_nothing_is_given_up_and_a_slow_one_is_not() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("it starts");
        runtime.block_on(async {
            let (own, mut other) = tokio::io::duplex(4);
            let mut own = Held::new(own, Duration::from_millis(200), None);
            let slow = tokio::spawn(async move {
                let mut taken = [0; 4];
                for _ in 0..4 {
                    sleep(Duration::from_millis(70)).await;
                    other.read_exact(&mut taken).await.expect("it comes");
                }
                other
            });
            // Longer in all than the patience, and never without a byte for so long.
            own.write_all(&[7; 20]).await.expect("it is taken");
            let other = slow.await.expect("it ends");
            let given_up = own.write_all(&[7; 20]).await;
            let kind = given_up.map_err(|error| error.kind());
            assert_eq!(kind, Err(io::ErrorKind::TimedOut));
            drop(other);
        });
    }
}
