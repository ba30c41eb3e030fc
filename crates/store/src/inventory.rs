//! Which tiles and bundles are there by name, without reading them.
use std::collections::BTreeSet;

use proof::tile::{self, Tile};

use crate::error::{Error, Result};
use crate::files::Files;
use crate::tree::log_name;

/// Names that are asked for at once.
const PAGE: usize = 10_000;

/// What stands below `log/tile/` beside the right edge of a log.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// The first full tile or bundle that is not there, as a file name.
    pub missing: Option<String>,
    /// Level and index of tiles that are full and have partial forms left.
    pub superseded: BTreeSet<(u8, u64)>,
}

impl Inventory {
    /// Lists the tiles of a log of `size` entries.
    pub(crate) fn take(files: &dyn Files, size: u64) -> Result<Self> {
        let mut inventory = Self::default();
        for level in 0..8 {
            let rise = u32::from(tile::HEIGHT) * (u32::from(level) + 1);
            let count = size.checked_shr(rise).unwrap_or(0);
            if count == 0 {
                break;
            }
            if level == 0 {
                inventory.list(files, "entries", 0, count, Tile::bundle_path)?;
            }
            inventory.list(files, &level.to_string(), level, count, Tile::path)?;
        }
        Ok(inventory)
    }

    /// Looks below one directory, where `count` full files must be.
    fn list(
        &mut self,
        files: &dyn Files,
        dir: &str,
        level: u8,
        count: u64,
        path_of: fn(&Tile) -> String,
    ) -> Result<()> {
        let prefix = format!("log/tile/{dir}/");
        let (mut found, mut after) = (0, String::new());
        loop {
            let names = files.list(&prefix, &after, PAGE)?;
            for name in &names {
                let place = name.strip_prefix(&prefix).unwrap_or_default();
                match place.split_once(".p/") {
                    Some((full, _)) if index(full).is_some_and(|index| index < count) => {
                        self.superseded
                            .extend(index(full).map(|index| (level, index)));
                    }
                    None if index(place).is_some_and(|index| index < count) => found += 1,
                    _ => {}
                }
            }
            match names.last() {
                Some(last) if names.len() == PAGE => after.clone_from(last),
                _ => break,
            }
        }
        if found < count && self.missing.is_none() {
            self.missing = first_missing(files, level, count, path_of)?;
        }
        Ok(())
    }
}

/// The index that a path such as `x001/x234/067` stands for.
fn index(path: &str) -> Option<u64> {
    let mut index = 0_u64;
    let mut groups = path.split('/').peekable();
    while let Some(group) = groups.next() {
        let last = groups.peek().is_none();
        let digits = if last {
            group
        } else {
            group.strip_prefix('x')?
        };
        let plain = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let value: u64 = digits.parse().ok().filter(|_| plain)?;
        index = index.checked_mul(1000)?.checked_add(value)?;
    }
    Some(index)
}

fn first_missing(
    files: &dyn Files,
    level: u8,
    count: u64,
    path_of: fn(&Tile) -> String,
) -> Result<Option<String>> {
    for index in 0..count {
        let tile = Tile {
            level,
            index,
            width: tile::WIDTH as u16,
        };
        let name = log_name(&path_of(&tile));
        if files.read(&name)?.is_none() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Says which tile a start or a backup misses.
pub(crate) fn missing(name: &str) -> Error {
    Error::corrupt(format!("find `{name}`"), "it is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_indices_match() {
        for number in [0, 7, 255, 999, 1000, 1_234_067, 1_000_000, 999_999_999_999] {
            let tile = Tile {
                level: 3,
                index: number,
                width: 256,
            };
            let path = tile.path();
            assert_eq!(index(path.strip_prefix("tile/3/").unwrap()), Some(number));
        }
        for strange in [
            "", "1", "0001", "x001", "001/002", "x1/002", "+01", "00a", "001.p",
        ] {
            assert_eq!(index(strange), None, "{strange}");
        }
    }
}
