//! Tests of the crate as a whole, on made-up and on real data.

mod agreement;
mod battles;
mod comparisons;
mod farmers;
mod hostile;
mod parity;
mod pay;
mod ranking;
mod real;
mod recovery;
mod world;
