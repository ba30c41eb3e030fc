//! Where a result goes: one JSON object or words, a table in a file, pictures, a page.

use super::page::Page;
use super::picture::Picture;
use crate::cli::quality::Sheets;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use table::Column;

/// A result in all its forms.
pub struct Output<'a> {
    /// The table of `--output`, and of the JSON under its name.
    pub rows: &'a [Column],
    /// All that was found, as one object for programs (`--json`).
    pub json: Value,
    /// For people, when there is no `--json`.
    pub words: String,
    /// For `--svg` and the page.
    pub pictures: &'a [Picture],
    /// For `--report`.
    pub page: Page<'a>,
}

impl Output<'_> {
    /// Writes all that the command line asks for; files first, so that what is printed is true.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, sheets: &Sheets) -> Result<()> {
        if let Some(path) = &sheets.output {
            table::write::write(path, self.rows)?;
        }
        if let Some(folder) = &sheets.svg {
            pictures(folder, self.pictures)?;
        }
        if let Some(path) = &sheets.report {
            self.page.write(path)?;
        }
        let text = if sheets.json {
            format!("{}\n", self.json)
        } else {
            self.words.clone()
        };
        match io::stdout().write_all(text.as_bytes()) {
            // Whoever reads only the beginning, as `head` does, has what they want.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(error).context("cannot write to standard output")
            }
            _ => Ok(()),
        }
    }
}

fn pictures(folder: &Path, pictures: &[Picture]) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    for picture in pictures {
        let path = folder.join(format!("{}.svg", picture.name));
        fs::write(&path, &picture.svg)
            .with_context(|| format!("cannot write the picture `{}`", path.display()))?;
    }
    Ok(())
}
