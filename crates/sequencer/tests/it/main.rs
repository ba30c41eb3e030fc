//! The one writer's state machine: what it admits, in which order, and when it says so.

mod admission;
mod batches;
mod world;
