//! Which block is taken as final: what stands in it or before it is acted upon for good.

use super::answer::Block;
use super::{At, Endpoint};
use crate::Error;

/// How far behind the newest block the final one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finality {
    /// The chain says so itself, with the mark `finalized`.
    Marked,
    /// So many blocks stand upon it: for chains without the mark, or whose mark is not to be
    /// believed.
    Depth(u64),
}

impl Finality {
    /// The newest final block; none on a chain that is younger than its depth.
    ///
    /// # Errors
    /// `Invalid` for a chain without the mark.
    pub fn block(self, endpoint: &Endpoint) -> Result<Option<Block>, Error> {
        match self {
            Self::Marked => match endpoint.marked_final()? {
                Some(block) => Ok(Some(block)),
                None => Err(Error::invalid(format!(
                    "`{}` marks no block as final\nhint: set `chain.confirmations` to the number \
                     of blocks after which this chain takes nothing back",
                    endpoint.server()
                ))),
            },
            Self::Depth(depth) => {
                let newest = endpoint.block(At::Latest)?;
                let height = newest.and_then(|newest| newest.place.height.checked_sub(depth));
                height.map_or(Ok(None), |height| endpoint.block(At::Height(height)))
            }
        }
    }
}
