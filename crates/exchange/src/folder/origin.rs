//! `headwater.json`: with which a downloaded file proves where it came from.

use serde_json::{Value as Json, json};

use super::File;

/// What the log says of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The log's name, as its checkpoints begin.
    pub log_origin: String,
    /// How many entries the log had.
    pub tree_size: u64,
    /// The root of its tree then, in lower-case hexadecimal.
    pub root_hash: String,
    /// Number of the campaign.
    pub campaign: Option<u64>,
    /// Number of the label set as an asset.
    pub asset: Option<u64>,
    /// What inferred the labels, such as `headwater-ds@1`.
    pub method: String,
    /// What was exported of them, such as `units` or `preference`.
    pub rule: String,
    /// SPDX id or `LicenseRef-...`.
    pub licence: String,
}

/// The page of origin over all other files of the folder.
pub fn provenance(origin: &Origin, files: &[File]) -> Json {
    let files = files
        .iter()
        .map(|file| json!({ "path": file.path, "bytes": file.bytes, "sha256": file.sha256 }));
    json!({
        "format": "headwater-export@1",
        "log_origin": origin.log_origin,
        "tree_size": origin.tree_size,
        "root_hash": origin.root_hash,
        "campaign": origin.campaign,
        "asset": origin.asset,
        "method": origin.method,
        "export_rule": origin.rule,
        "licence": origin.licence,
        "files": files.collect::<Vec<_>>(),
    })
}
