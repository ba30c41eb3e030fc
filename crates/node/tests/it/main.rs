//! The node over a real directory and a real devnet, stopped wherever a crash may stop it.

mod durability;
mod refund;
mod resume;
mod world;
