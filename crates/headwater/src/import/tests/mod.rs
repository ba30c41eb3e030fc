//! Data sets as a user gives them: files in, a data set or a message out.

mod bad_input;
mod choice;
mod good_input;
mod properties;
mod real_sets;

use super::{Dataset, Error, Repeats, Request, read};
use std::fs;

/// The files of one data set in a folder of their own.
pub(super) struct Files {
    folder: tempfile::TempDir,
    answers: &'static str,
    gold: Option<&'static str>,
    repeats: Repeats,
    classes: Option<Vec<String>>,
}

impl Files {
    /// Answers in a file of this name.
    pub(super) fn answers(name: &'static str, text: impl AsRef<[u8]>) -> Files {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join(name), text).expect("a temporary file");
        Files {
            folder,
            answers: name,
            gold: None,
            repeats: Repeats::Keep,
            classes: None,
        }
    }

    /// With gold in a file of this name.
    pub(super) fn gold(mut self, name: &'static str, text: impl AsRef<[u8]>) -> Files {
        fs::write(self.folder.path().join(name), text).expect("a temporary file");
        self.gold = Some(name);
        self
    }

    /// With a rule for repeated answers.
    pub(super) fn repeats(mut self, repeats: Repeats) -> Files {
        self.repeats = repeats;
        self
    }

    /// With these classes alone.
    pub(super) fn classes(mut self, classes: &str) -> Files {
        self.classes = Some(super::parse_classes(classes).expect("good classes"));
        self
    }

    /// The first lines of the table that was given last, each cut where it gets long.
    fn shown(&self) -> String {
        let path = self.folder.path().join(self.gold.unwrap_or(self.answers));
        let bytes = fs::read(path).expect("a temporary file");
        let line = |line: &[u8]| {
            let shown = line[..line.len().min(60)].escape_ascii();
            let more = if line.len() > 60 { " .." } else { "" };
            format!("    {shown}{more}\n")
        };
        bytes
            .split_inclusive(|&byte| byte == b'\n')
            .take(4)
            .map(line)
            .collect()
    }

    /// Reads them; the folder's path is left out of the error.
    pub(super) fn read(&self) -> Result<Dataset, Error> {
        let path = |name| self.folder.path().join(name);
        let gold = self.gold.map(path);
        let request = Request {
            answers: &path(self.answers),
            gold: gold.as_deref(),
            repeats: self.repeats,
            classes: self.classes.as_deref(),
        };
        read(&request).map_err(|mut error| {
            let folder = format!("{}/", self.folder.path().display());
            error.file = error.file.replace(&folder, "");
            error
        })
    }
}

/// The rows of a data set with their names, for comparison with what was written.
pub(super) fn named(dataset: &Dataset) -> Vec<[&str; 3]> {
    let row = |answer: &super::Answer| {
        [
            dataset.units[answer.unit as usize].as_str(),
            dataset.workers[answer.worker as usize].as_str(),
            dataset.classes[usize::from(answer.label)].as_str(),
        ]
    };
    dataset.answers.iter().map(row).collect()
}
