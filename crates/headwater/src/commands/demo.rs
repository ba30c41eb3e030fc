//! `headwater demo`: a seeded economy through the whole flow, and what became of everybody.
use crate::cli::Demo;
use anyhow::Result;
/// Placeholder while the rest is compiled.
pub fn run(_: &Demo) -> Result<()> { Ok(()) }
