//! How patient the client is; every request has an end.

use crate::reach::Reach;

/// Times and counts that hold for each request of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Until a connection stands.
    pub connect_ms: u64,
    /// From the first byte sent to the last byte read, per attempt; what is fetched by GET has a
    /// second more for each million bytes that it may have.
    pub request_ms: u64,
    /// Most times a GET is sent; a POST is sent once.
    pub attempts: u32,
    /// Before the second attempt; twice as long before each further one.
    pub pause_ms: u64,
    /// Longest wait that a busy server may ask for with `Retry-After`.
    pub longest_pause_ms: u64,
    /// Where it may connect to.
    pub reach: Reach,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_ms: 5_000,
            request_ms: 60_000,
            attempts: 4,
            pause_ms: 200,
            longest_pause_ms: 10_000,
            reach: Reach::Anywhere,
        }
    }
}
