//! Tests of the crate as a whole, on made-up and on real data.

mod farmers;
mod hostile;
mod infer;
mod parity;
mod pay;
mod real;
mod world;
