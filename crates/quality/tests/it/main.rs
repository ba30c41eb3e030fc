//! Tests of the crate as a whole, on made-up and on real data.

mod agreement;
mod assign;
mod battles;
mod bits;
mod comparisons;
mod crowdkit;
mod defects;
mod detect;
mod economy;
mod farmers;
mod farming;
mod hostile;
mod infer;
mod leaving;
mod parity;
mod pay;
mod pay2;
mod peers;
mod ranking;
mod real;
mod recovery;
mod replay;
mod screening;
mod structured;
mod world;
