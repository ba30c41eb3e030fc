//! The audit from outside: an honest space verifies, and every lie about it is named.

mod chain;
mod files;
mod lies;
mod money;
mod script;
mod twin;
mod world;
