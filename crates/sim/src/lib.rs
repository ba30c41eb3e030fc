//! Seeded worlds of workers, cheats and buyers: the same seed is the same world, on every machine.

pub mod world;
