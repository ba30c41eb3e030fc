//! Tests of the crate as a whole, on made-up and on real data.

mod agreement;
mod battles;
mod comparisons;
mod crowdkit;
mod defects;
mod assign;
mod detect;
mod farmers;
mod hostile;
mod infer;
mod parity;
mod pay;
mod peers;
mod ranking;
mod pay2;
mod real;
mod recovery;
mod replay;
mod screening;
mod world;
