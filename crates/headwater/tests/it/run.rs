//! Runs the binary and keeps what it says.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// How a run has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Standard output of a run that must have succeeded.
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }

    /// The JSON object of a run that must have succeeded.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.good()).expect("one JSON object")
    }

    /// Standard error of a run that must have failed with this code, in the form of the house.
    #[track_caller]
    pub fn bad(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        let said = self.err.lines().find(|line| !line.starts_with("warning: "));
        let first = said.and_then(|line| line.strip_prefix("error: "));
        let first = first.unwrap_or_else(|| panic!("no error: {}", self.err));
        assert!(
            !first.ends_with('.') && !first.starts_with(char::is_uppercase),
            "{first}"
        );
        assert!(
            !self.err.contains('\x1b') && !self.out.contains('\x1b'),
            "colours in a pipe"
        );
        self.err
    }
}

/// The binary, ready for arguments.
pub fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_headwater"))
}

/// Runs with standard input closed.
pub fn headwater<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Ran {
    feed(args, b"")
}

/// Runs with these bytes on standard input.
pub fn feed<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>, input: &[u8]) -> Ran {
    let mut command = binary();
    command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("piped");
    let output = std::thread::scope(|scope| {
        // A reader that stops early breaks the pipe, which is its right.
        scope.spawn(move || stdin.write_all(input).ok());
        child.wait_with_output().expect("the binary ends")
    });
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary path is UTF-8")
}

/// Words with long hex, base64 and the folder's path replaced, so that a snapshot holds the
/// sentence.
pub fn normal(words: &str, folder: &Path) -> String {
    let words = words.replace(text(folder), "FOLDER");
    let is_coded = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let mut out = String::new();
    let mut rest = words.as_str();
    while let Some(start) = rest.find(is_coded) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !is_coded(c)).unwrap_or(rest.len());
        let (before, word) = match rest[..end].strip_prefix("headwater/") {
            Some(log) => ("headwater/", log),
            None => ("", &rest[..end]),
        };
        out.push_str(before);
        let hex = word.strip_prefix("0x").unwrap_or(word);
        let is_hex = hex.len() >= 12
            && hex.bytes().any(|byte| byte.is_ascii_alphabetic())
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_base64 = word.len() >= 44 && word.contains(|c: char| c.is_ascii_digit());
        out.push_str(if is_hex {
            "HEX"
        } else if is_base64 {
            "BASE64"
        } else {
            word
        });
        rest = &rest[end..];
    }
    out + rest
}
