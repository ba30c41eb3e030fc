//! The gateway against a small upstream that keeps, bends or breaks its word.

mod calls;
mod house;
mod refused;
mod streams;
mod upstream;
