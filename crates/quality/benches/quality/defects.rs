//! Proofs of what is wrong in crowd-kit, run again on the pinned version (`docs/guide/peers.md`).

use std::path::Path;

use crate::table::Table;
use crate::{Outcome, peer};

/// One row for each proof of `peers/defects.py`.
pub fn measure(table: &mut Table) -> Outcome {
    let folder = "../../../shared/data/crowd/duck_bluebird";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let real = folder.is_dir().then(|| folder.display().to_string());
    let words: Vec<&str> = real.iter().map(String::as_str).collect();
    match peer::Peer::new("defects").run(&words) {
        Ok(said) => {
            for (_, proof) in said.as_object().into_iter().flatten() {
                let did = proof[0].as_str().unwrap_or_default();
                table.fact(did, ["", &proof[1].to_string()], "", None);
            }
        }
        Err(why) => table.skip("defects of crowd-kit", &why),
    }
    Ok(())
}
