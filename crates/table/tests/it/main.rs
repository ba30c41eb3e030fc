//! The same table in all three formats, and every way in which one is refused.

mod formats;
mod refused;
