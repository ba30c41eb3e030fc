//! Work that is finished though whoever has asked for it hangs up.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use tokio::runtime::Handle;

use crate::api::broken;
use crate::problem::Problem;

/// Work as it is awaited: a problem where it has panicked. It has no task of its own, which would
/// cost two more turns of the runtime, unless it is dropped before its end.
pub(crate) struct Whole<T: Send + 'static>(Option<Work<T>>);

type Work<T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send>>;

/// Work that belongs to a request and must not end with it.
pub(crate) fn whole<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Whole<T> {
    let work = AssertUnwindSafe(work).catch_unwind();
    Whole(Some(Box::pin(work.map(|done| done.map_err(|_| broken())))))
}

impl<T: Send + 'static> Future for Whole<T> {
    type Output = Result<T, Problem>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let work = self.0.as_mut().expect("nothing is awaited after its end");
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Whole<T> {
    fn drop(&mut self) {
        // Without a runtime the server has ended, and nothing goes on.
        if let (Some(rest), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[test]
    fn it_goes_on_where_nobody_waits_any_more() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("it starts");
        runtime.block_on(async {
            let (begin, begun) = oneshot::channel::<u8>();
            let (say, said) = oneshot::channel::<u8>();
            let mut work = whole(async move {
                let number = begun.await.expect("it is sent");
                say.send(number).expect("it is heard");
            });
            assert!((&mut work).now_or_never().is_none(), "it waits");
            drop(work);
            begin.send(7).expect("it is waited for");
            assert_eq!(said.await, Ok(7));
        });
    }

    #[test]
    fn a_panic_is_a_problem_of_its_request() {
        let panics = whole(std::future::poll_fn(|_| -> Poll<()> { panic!("half way") }));
        let done = panics.now_or_never().expect("it is over");
        assert_eq!(done.expect_err("it is a problem").code(), "broken");
    }
}
