//! The log's files as they are asked for, and what it is called when they are not there.

use crate::{Fault, ReadError, Source};
use proof::tile::{self, Tile};

/// The bytes of a bundle, as many entries as the tile is wide.
pub(crate) fn bundle(source: &dyn Source, tile: Tile) -> Result<Vec<u8>, Fault> {
    let path = tile.bundle_path();
    if let Some(bytes) = read(source, &path)? {
        return Ok(bytes);
    }
    // A partial bundle may go once the full one is there.
    let wider = full(tile).map_or(Ok(None), |full| read(source, &full.bundle_path()))?;
    wider
        .and_then(|bytes| Some(bytes[..prefix(&bytes, tile.width)?].to_vec()))
        .ok_or_else(|| {
            let what = format!("the entry bundle `{path}` is missing");
            Fault::new("bundle_missing", what).of_file(logged(&path))
        })
}

/// Takes a bundle apart; a bundle that is cut or goes on is a fault of its file.
pub(crate) fn entries(tile: Tile, bundle: &[u8]) -> Result<Vec<&[u8]>, Fault> {
    let path = tile.bundle_path();
    tile::entries(bundle, tile.width).map_err(|fault| {
        let what = format!(
            "`{path}` is not a bundle of {} entries: {}",
            tile.width, fault.rule
        );
        Fault::new("bundle_malformed", what).of_file(logged(&path))
    })
}

/// The bytes of a stored hash tile, of whatever length they are.
pub(crate) fn tile(source: &dyn Source, tile: Tile) -> Result<Vec<u8>, Fault> {
    let path = tile.path();
    if let Some(bytes) = read(source, &path)? {
        return Ok(bytes);
    }
    let wider = full(tile).map_or(Ok(None), |full| read(source, &full.path()))?;
    let wider = wider.filter(|bytes| bytes.len() == tile::WIDTH as usize * 32);
    wider
        .map(|bytes| bytes[..usize::from(tile.width) * 32].to_vec())
        .ok_or_else(|| {
            Fault::new("tile_missing", format!("the hash tile `{path}` is missing"))
                .of_file(logged(&path))
        })
}

/// A file below `log/`; `None` where there is none.
pub(crate) fn read(source: &dyn Source, path: &str) -> Result<Option<Vec<u8>>, Fault> {
    source
        .file(path)
        .map_err(|error| unreadable(&error).of_file(logged(path)))
}

/// A source that fails is no proof of a wrong log, but nothing can be verified either.
pub(crate) fn unreadable(error: &ReadError) -> Fault {
    Fault::new("unreadable", error.to_string())
}

/// A path below `log/` as a path below the data directory.
pub(crate) fn logged(path: &str) -> String {
    format!("log/{path}")
}

fn full(tile: Tile) -> Option<Tile> {
    (u64::from(tile.width) < tile::WIDTH).then_some(Tile {
        width: tile::WIDTH as u16,
        ..tile
    })
}

/// How many bytes the first entries of a bundle take.
fn prefix(bundle: &[u8], entries: u16) -> Option<usize> {
    let mut end = 0;
    for _ in 0..entries {
        let length = bundle.get(end..end + 2)?;
        end += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
    }
    (end <= bundle.len()).then_some(end)
}
