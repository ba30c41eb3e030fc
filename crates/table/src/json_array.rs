//! The rows of one JSON array of objects, element by element.

use std::io::BufRead;

use crate::error::{Error, Result, quoted};
use crate::json_object::row;
use crate::read::broken;
use crate::rows::{Fault, Line, excerpt, too_long};

/// An array whose elements are found by their brackets and strings alone and parsed one at a time,
/// so that a bad element costs itself only and no nesting is followed by recursion.
pub(crate) struct Stream {
    file: String,
    input: Box<dyn BufRead + Send>,
    row_bytes: usize,
    /// Elements so far.
    place: u64,
    begun: bool,
    bytes: Vec<u8>,
}

/// Where scanning stands within an element.
#[derive(Default)]
struct Scan {
    depth: u64,
    in_string: bool,
    escaped: bool,
    long: bool,
}

/// What ended an element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Comma,
    Bracket,
}

impl Stream {
    pub(crate) fn new(file: &str, input: Box<dyn BufRead + Send>, row_bytes: usize) -> Self {
        Self {
            file: file.to_owned(),
            input,
            row_bytes,
            place: 0,
            begun: false,
            bytes: Vec::new(),
        }
    }

    pub(crate) fn advance(&mut self) -> Result<Option<Line>> {
        if !self.begun {
            self.skip_to(b'[')?;
            self.begun = true;
        }
        let mut scan = Scan::default();
        self.bytes.clear();
        let end = self.element(&mut scan)?;
        if end == End::Bracket {
            self.tail()?;
            // `[]` and a comma before the bracket, which some writers leave.
            if self.bytes.trim_ascii().is_empty() && !scan.long {
                return Ok(None);
            }
            let line = self.line(&scan);
            // The next call finds an array that has ended.
            self.input = Box::new(&b"]"[..]);
            return Ok(Some(line));
        }
        Ok(Some(self.line(&scan)))
    }

    fn line(&mut self, scan: &Scan) -> Line {
        self.place += 1;
        if scan.long {
            return Err(Fault {
                place: self.place,
                column: None,
                what: too_long(self.row_bytes),
                hint: "split the row, or leave out what is not needed".to_owned(),
                excerpt: excerpt(&self.bytes),
            });
        }
        row(
            self.place,
            self.bytes.trim_ascii(),
            "write an array of objects",
        )
    }

    /// Collects the bytes up to the comma or bracket that ends the element.
    fn element(&mut self, scan: &mut Scan) -> Result<End> {
        loop {
            let fault = |error| broken(&self.file, &error);
            let input = self.input.fill_buf().map_err(fault)?;
            if input.is_empty() {
                let what = "the array does not end: a `]` is missing";
                return Err(self.damaged(what));
            }
            let found = input.iter().position(|byte| scan.ends(*byte));
            let taken = found.unwrap_or(input.len());
            if !scan.long {
                let room = (self.row_bytes + 1).saturating_sub(self.bytes.len());
                self.bytes.extend_from_slice(&input[..taken.min(room)]);
                scan.long = self.bytes.len() > self.row_bytes;
            }
            let end = found.map(|at| match input[at] {
                b',' => End::Comma,
                _ => End::Bracket,
            });
            self.input.consume(taken + usize::from(end.is_some()));
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    fn skip_to(&mut self, wanted: u8) -> Result<()> {
        loop {
            let fault = |error| broken(&self.file, &error);
            let input = self.input.fill_buf().map_err(fault)?;
            let Some(first) = input.iter().position(|byte| !byte.is_ascii_whitespace()) else {
                let length = input.len();
                if length == 0 {
                    return Err(self.damaged("there is no array"));
                }
                self.input.consume(length);
                continue;
            };
            if input[first] != wanted {
                return Err(self.damaged("there is no array"));
            }
            self.input.consume(first + 1);
            return Ok(());
        }
    }

    /// After the array nothing but blanks may come.
    fn tail(&mut self) -> Result<()> {
        loop {
            let fault = |error| broken(&self.file, &error);
            let input = self.input.fill_buf().map_err(fault)?;
            if input.is_empty() {
                return Ok(());
            }
            if !input.iter().all(u8::is_ascii_whitespace) {
                return Err(self.damaged("something follows the array"));
            }
            let length = input.len();
            self.input.consume(length);
        }
    }

    fn damaged(&self, what: &str) -> Error {
        let doing = format!("read {} after row {}", quoted(&self.file), self.place);
        let hint = "write one whole JSON array of objects, or one object per line";
        Error::invalid(doing, what, hint)
    }
}

impl Scan {
    /// Whether this byte stands outside strings and brackets and ends the element.
    fn ends(&mut self, byte: u8) -> bool {
        if self.in_string {
            if self.escaped {
                self.escaped = false;
            } else if byte == b'\\' {
                self.escaped = true;
            } else if byte == b'"' {
                self.in_string = false;
            }
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth > 0 => self.depth -= 1,
            b',' | b']' => return self.depth == 0,
            _ => {}
        }
        false
    }
}
