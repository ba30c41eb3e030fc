//! Which names are public files, letter for letter; nothing else reaches disk or bucket.

use proof::tile::{Tile, WIDTH};

/// A kind of public file, which decides its type and how long it may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The signed checkpoint: the one file that changes.
    Checkpoint,
    /// Hashes of the log's tree.
    Tile,
    /// Entries of the log; they compress well.
    Bundle,
    /// A receipt that names the log's next key.
    Rotation,
    /// A document that an entry names by its SHA-256.
    Attachment,
    /// Opened answers, which may be erased later.
    Opening,
    /// The claim leaves of one epoch.
    Claims,
}

impl Kind {
    /// The media type that clients are told.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Checkpoint | Self::Rotation => "text/plain; charset=utf-8",
            Self::Claims => "application/json",
            _ => "application/octet-stream",
        }
    }

    /// The `Cache-Control`: what can change or vanish is not kept for long.
    pub fn cache_control(self) -> &'static str {
        match self {
            Self::Checkpoint => "no-cache",
            Self::Opening => "public, max-age=3600",
            _ => "public, max-age=31536000, immutable",
        }
    }
}

/// The kind of file that a path without its first slash names, `None` if it names none.
pub(crate) fn kind(path: &str) -> Option<Kind> {
    let (root, rest) = path.split_once('/')?;
    match root {
        "log" => log(rest),
        "attachments" => {
            let (shelf, name) = rest.split_once('/')?;
            (is_hash(name) && name[..2] == *shelf).then_some(Kind::Attachment)
        }
        "openings" => is_hash(rest).then_some(Kind::Opening),
        "claims" => {
            let number = rest.strip_suffix(".json")?;
            decimal(number).map(|_| Kind::Claims)
        }
        _ => None,
    }
}

fn log(path: &str) -> Option<Kind> {
    if path == "checkpoint" {
        return Some(Kind::Checkpoint);
    }
    if let Some(name) = path.strip_prefix("rotations/") {
        let number = name.strip_suffix(".tlog-proof")?;
        return decimal(number).map(|_| Kind::Rotation);
    }
    let rest = path.strip_prefix("tile/")?;
    if let Some(rest) = rest.strip_prefix("entries/") {
        let tile = tile(0, rest)?;
        // Read and written again it must be the same: so there is one name for each tile.
        return (tile.bundle_path() == path).then_some(Kind::Bundle);
    }
    let (level, rest) = rest.split_once('/')?;
    let tile = tile(decimal(level).filter(|level| *level < 64)? as u8, rest)?;
    (tile.path() == path).then_some(Kind::Tile)
}

/// A tile by its index and width, read leniently.
fn tile(level: u8, path: &str) -> Option<Tile> {
    let (index, width) = match path.split_once(".p/") {
        Some((index, width)) => (index, decimal(width).filter(|width| *width < WIDTH)? as u16),
        None => (path, WIDTH as u16),
    };
    let mut number: u64 = 0;
    for part in index.split('/') {
        let digits = part.strip_prefix('x').unwrap_or(part);
        if digits.len() != 3 {
            return None;
        }
        let value: u64 = digits.parse().ok()?;
        number = number.checked_mul(1_000)?.checked_add(value)?;
    }
    (width > 0).then_some(Tile {
        level,
        index: number,
        width,
    })
}

fn is_hash(name: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.len() == 64 && name.bytes().all(digit)
}

/// A number without sign or leading zeroes.
fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_public_files() {
        let hash = "ab".repeat(32);
        let names = [
            ("log/checkpoint", Kind::Checkpoint),
            ("log/tile/0/000", Kind::Tile),
            ("log/tile/63/x001/x234/067.p/255", Kind::Tile),
            ("log/tile/entries/000.p/1", Kind::Bundle),
            ("log/tile/entries/x001/000", Kind::Bundle),
            ("log/rotations/1.tlog-proof", Kind::Rotation),
            (&format!("attachments/ab/{hash}"), Kind::Attachment),
            (&format!("openings/{hash}"), Kind::Opening),
            ("claims/12.json", Kind::Claims),
        ];
        for (name, expected) in names {
            assert_eq!(kind(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn everything_else_names_nothing() {
        let hash = "ab".repeat(32);
        let names = [
            "",
            "log",
            "log/",
            "log/checkpoint/",
            "log/checkpoint.new",
            "log/tile/0/0",
            "log/tile/0/0000",
            "log/tile/0/x000/001",
            "log/tile/0/x001",
            "log/tile/0/001/002",
            "log/tile/0/+01",
            "log/tile/64/000",
            "log/tile/00/000",
            "log/tile/0/000.p/0",
            "log/tile/0/000.p/256",
            "log/tile/0/000.p/01",
            "log/tile/0/000.p/1/",
            "log/tile/entries/../../../keys/master",
            "log/tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "log/rotations/1",
            "log/rotations/x.tlog-proof",
            "log/rotations/01.tlog-proof",
            "log/../keys/master",
            "keys/master",
            "journal/00000000000000000000",
            "format",
            "openings/..",
            "claims/1",
            "claims/01.json",
            "claims/../keys/master",
            &format!("attachments/aa/{hash}"),
            &format!("attachments/ab/{}", hash.to_uppercase()),
            &format!("attachments/{hash}"),
            &format!("openings/{hash}0"),
            &format!("openings/{}é", "a".repeat(62)),
            &format!("attachments/é/{hash}"),
        ];
        for name in names {
            assert_eq!(kind(name), None, "{name}");
        }
    }
}
