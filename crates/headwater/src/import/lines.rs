//! A text file as lines of bounded length that are known to be UTF-8, with their numbers.

use super::error::{Error, Table};
use std::io::{BufRead, Read};

/// The longest line, and the longest quoted value, in bytes.
pub(super) const LINE_BYTES: usize = 1 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line at a time in one buffer: memory does not grow with the file.
pub(super) struct Lines {
    input: Box<dyn BufRead>,
    table: Table,
    file: String,
    number: u64,
    buffer: String,
    text_bytes: usize,
}

impl Lines {
    /// Stands before the first line.
    pub(super) fn new(input: Box<dyn BufRead>, table: Table, file: String) -> Lines {
        Lines {
            input,
            table,
            file,
            number: 0,
            buffer: String::new(),
            text_bytes: 0,
        }
    }

    /// Goes to the next line; false at the end of the file.
    pub(super) fn advance(&mut self) -> Result<bool, Error> {
        let mut bytes = std::mem::take(&mut self.buffer).into_bytes();
        bytes.clear();
        self.text_bytes = 0;
        self.number += 1;
        let mut bounded = (&mut self.input).take(LINE_BYTES as u64 + 2);
        if let Err(error) = bounded.read_until(b'\n', &mut bytes) {
            let what = format!("reading stops here: {}", lower(&error.to_string()));
            return Err(self.error(1, what, "copy the file to a local disk and try again"));
        }
        if self.number == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        let text_bytes = match bytes.as_slice() {
            [text @ .., b'\r', b'\n'] | [text @ .., b'\n'] => text.len(),
            text => text.len(),
        };
        if text_bytes > LINE_BYTES {
            let column = 1 + characters(&bytes[..LINE_BYTES]);
            let what = "the line is longer than 1 MiB".to_owned();
            let hint = "end each row with a line feed; a row has one task, worker and label";
            return Err(self.error(column, what, hint));
        }
        let found = !bytes.is_empty();
        self.buffer = String::from_utf8(bytes).map_err(|error| self.not_utf8(&error))?;
        self.text_bytes = text_bytes;
        Ok(found)
    }

    /// Goes to the next line that has more than blanks on it; false at the end of the file.
    pub(super) fn advance_past_blank(&mut self) -> Result<bool, Error> {
        while self.advance()? {
            if !self.text().trim().is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The line without its end.
    pub(super) fn text(&self) -> &str {
        &self.buffer[..self.text_bytes]
    }

    /// The line feed, with a carriage return before it if there was one; empty after a last line
    /// that has none.
    pub(super) fn end(&self) -> &str {
        &self.buffer[self.text_bytes..]
    }

    /// Which line this is, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// A fault in this line, at a column counted in characters from 1.
    pub(super) fn error(&self, column: u64, what: String, hint: &str) -> Error {
        self.error_at(self.number, column, what, hint)
    }

    /// A fault in a line that was read before.
    pub(super) fn error_at(&self, line: u64, column: u64, what: String, hint: &str) -> Error {
        Error {
            line: Some(line),
            column: Some(column),
            ..self.file_error(what, hint)
        }
    }

    /// A fault of the file as a whole.
    pub(super) fn file_error(&self, what: String, hint: &str) -> Error {
        Error {
            table: self.table,
            file: self.file.clone(),
            line: None,
            column: None,
            what,
            hint: hint.to_owned(),
        }
    }

    fn not_utf8(&self, error: &std::string::FromUtf8Error) -> Error {
        let good = error.utf8_error().valid_up_to();
        let column = 1 + characters(&error.as_bytes()[..good]);
        let what = format!("the byte 0x{:02x} is not UTF-8", error.as_bytes()[good]);
        self.error(column, what, "save the file as UTF-8, uncompressed")
    }
}

/// How many characters begin in these bytes.
pub(super) fn characters(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u64
}

/// A message from elsewhere, in ASCII, in the case of ours; an abbreviation in front stays.
pub(super) fn lower(message: &str) -> String {
    let (first, rest) = message.split_at(message.len().min(1));
    if rest.starts_with(|second: char| second.is_uppercase()) {
        return message.to_owned();
    }
    first.to_ascii_lowercase() + rest
}
