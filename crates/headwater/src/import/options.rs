//! How a reader of a data set wants it: repeats, classes, the share of gold.

use anyhow::{bail, ensure};

/// What to do with a row whose task and worker an earlier row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Repeats {
    /// Every row is an answer.
    #[default]
    Keep,
    /// The last row is the answer, in the place of the first.
    Last,
    /// The data set is refused.
    Error,
}

/// Reads a share from 0 to 1 with at most six decimals, as parts per million.
///
/// # Errors
/// Signs, exponents, other characters, more decimals than a millionth, more than 1.
pub fn parse_share(text: &str) -> anyhow::Result<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    ensure!(
        digits(whole) && digits(decimals) && !(whole.is_empty() && decimals.is_empty()),
        "`{text}` is not a share: write it as in `0.1`"
    );
    let decimals = decimals.trim_end_matches('0');
    ensure!(
        decimals.len() <= 6,
        "`{text}` is finer than a millionth: write at most six decimals"
    );
    let whole = match whole.trim_start_matches('0') {
        "" => 0,
        "1" => 1_000_000,
        _ => bail!("`{text}` is more than everything: write a share from 0 to 1"),
    };
    let ppm = decimals.bytes().chain(std::iter::repeat(b'0')).take(6);
    let ppm = whole + ppm.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    ensure!(
        ppm <= 1_000_000,
        "`{text}` is more than everything: write a share from 0 to 1"
    );
    Ok(ppm)
}

/// Reads class names that are separated by commas; returns them sorted by their bytes.
///
/// # Errors
/// An empty name, a name that stands twice, fewer than two or more than 65,535 names.
pub fn parse_classes(text: &str) -> anyhow::Result<Vec<String>> {
    let mut classes: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    classes.sort();
    ensure!(
        classes.iter().all(|name| !name.is_empty()),
        "a class name is empty"
    );
    if let Some(pair) = classes.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!("the class `{}` stands there twice", pair[0]);
    }
    ensure!(
        classes.len() >= 2,
        "there is one class: name at least two, as in `yes,no`"
    );
    ensure!(
        classes.len() <= usize::from(u16::MAX),
        "there are more than 65,535 classes"
    );
    Ok(classes)
}
