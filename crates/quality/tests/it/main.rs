//! Tests of the crate as a whole, on made-up and on real data.

mod parity;
mod real;
