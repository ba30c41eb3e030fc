//! Witnessed time: whose word counts, and what it was.

use super::Context;
use crate::draft::Draft;
use protocol::Rejection;
use protocol::operation::{NoteWitness, SetWitnesses};

impl Context<'_> {
    pub(super) fn set_witnesses(
        &self,
        _: &mut Draft<'_>,
        _: &SetWitnesses,
    ) -> Result<(), Rejection> {
        Err(Rejection::NoWitnesses)
    }

    pub(super) fn note_witness(&self, _: &mut Draft<'_>, _: &NoteWitness) -> Result<(), Rejection> {
        Err(Rejection::NoWitnesses)
    }
}
