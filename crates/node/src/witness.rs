//! Witnesses as the node asks them: each cosigns a checkpoint once it is shown to be consistent.

use std::fmt::Debug;
use std::time::Duration;

/// A C2SP tlog-witness, reached by whatever carries bytes to it.
pub trait Witness: Debug + Send + Sync {
    /// The name it signs under.
    fn name(&self) -> &str;

    /// Its verifier key in the `vkey` form, `name+id+base64`.
    fn key(&self) -> &str;

    /// Sends the body of an `add-checkpoint` request. Returns the HTTP status and the body of the
    /// answer, or a sentence on why there is none.
    fn add_checkpoint(&self, request: &[u8], timeout: Duration) -> Result<(u16, Vec<u8>), String>;
}
