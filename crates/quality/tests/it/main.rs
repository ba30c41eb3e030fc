//! Tests of the crate as a whole, on made-up and on real data.

mod crowdkit;
mod defects;
mod farmers;
mod hostile;
mod infer;
mod parity;
mod pay;
mod peers;
mod real;
mod world;
