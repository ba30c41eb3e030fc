//! Whether keys, log and checkpoint belong together: asked before the log is taken from anybody.

use crate::{Error, Keyring};
use proof::{Checkpoint, note};
use protocol::entry::Entry;
use protocol::{Space, codec};
use store::{Kind, Place, PublicLog, Tail};

/// What helps where the checkpoint in place is not the log's.
const HINT: &str = "hint: the journal is not at fault: restore `log/checkpoint` from a backup or a \
                    copy of the public log; if there is none and the journal is the newest, \
                    remove the file, and the node signs again what its journal holds";

/// Refuses keys of another node, and a checkpoint that none of these keys has signed. In a bucket
/// the fence comes after this, for it stops the old writer, and with such keys or such a
/// checkpoint there would be no new one. Nothing is written.
pub(crate) fn check(place: &Place, keys: &Keyring) -> Result<(), Error> {
    let own = keys.space();
    if let Some(space) = space(place)?.filter(|space| *space != own) {
        let folder = place.dir.join("keys");
        return Err(Error::Corrupt(format!(
            "the keys in `{}` are another node's: their space is `{own}`, the log's is `{space}`\n\
             hint: put the keys of the node that began this log there; nothing was written, and a \
             writer that has the log goes on",
            folder.display()
        )));
    }
    let public = PublicLog::new(place.files());
    let note = public.newest_note()?;
    note.map_or(Ok(()), |note| checkpoint(&note, keys))
}

/// The tenant key in the first entry; `None` before there is one. What is wrong with a damaged
/// journal is told by whoever opens it.
fn space(place: &Place) -> Result<Option<Space>, Error> {
    let first = match Tail::open_public(place, 0)?.poll_to(1) {
        Ok(came) => came.into_iter().next(),
        Err(error) if error.kind == Kind::Corrupt => None,
        Err(error) => return Err(error.into()),
    };
    let entry = first.and_then(|stored| codec::decode::<Entry>(&stored.entry).ok());
    Ok(entry.map(|entry| entry.signed.submission.space))
}

/// That a good checkpoint may contradict the journal is for the replay to find.
fn checkpoint(note: &[u8], keys: &Keyring) -> Result<(), Error> {
    let refused = |why: String| {
        let why = format!("{why}; {HINT}");
        Err(store::Error::corrupt("use `log/checkpoint`", why).into())
    };
    let parsed = note::text_unverified(note).and_then(Checkpoint::parse);
    let origin = match parsed {
        Ok(parsed) => parsed.origin,
        Err(fault) => return refused(fault.to_string()),
    };
    let known = keys.log_keys();
    if known.iter().any(|key| Checkpoint::open(note, key).is_ok()) {
        return Ok(());
    }
    if known.iter().all(|key| key.name() != origin) {
        let own = keys.origin();
        let space = keys.space();
        let hint = match origin.starts_with(&format!("headwater/{space}/")) {
            true => {
                "hint: the log goes on under that name, whose keys are not here: copy `keys` from \
                 the node that began it"
            }
            false => HINT,
        };
        let why = format!("it is of the log `{origin}`, and this one is `{own}`; {hint}");
        return Err(store::Error::corrupt("use `log/checkpoint`", why).into());
    }
    refused(
        "no key in `keys` has signed it: it was changed, or the key is missing that signs now, \
         and `keys` must be copied from the node that rotated it"
            .to_owned(),
    )
}
