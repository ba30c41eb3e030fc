//! Difference hash of a picture: 64 comparisons of neighbouring places.

use crate::table::Error;

const COLUMNS: u64 = 9;
const ROWS: u64 = 8;
/// Width and height at most.
const SIDE_LIMIT: u32 = 1 << 16;

/// A grey picture: one byte per pixel, row by row, 0 is black.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grey<'a> {
    /// `width` times `height` bytes.
    pub pixels: &'a [u8],
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// dHash (Krawetz 2013): the picture is shrunk to 9 by 8 by exact averages of areas; bit
/// `8 row + column` is 1 where a place is darker than the one to its right.
///
/// Unmoved by scaling, and by brightness and contrast as far as nothing is clipped.
///
/// # Errors
/// [`Error::Setting`] for a side of 0 or above 65,536; [`Error::Length`] for another number of
/// pixels.
pub fn dhash(picture: Grey<'_>) -> Result<u64, Error> {
    let sides = 1..=SIDE_LIMIT;
    if !sides.contains(&picture.width) {
        return Err(Error::Setting { field: "width" });
    }
    if !sides.contains(&picture.height) {
        return Err(Error::Setting { field: "height" });
    }
    let needed = picture.width as usize * picture.height as usize;
    if picture.pixels.len() != needed {
        let (list, found) = ("pixels", picture.pixels.len());
        return Err(Error::Length {
            list,
            found,
            needed,
        });
    }
    let sums = shrunk(picture);
    let mut hash = 0;
    for row in 0..ROWS {
        for column in 0..COLUMNS - 1 {
            let place = (row * COLUMNS + column) as usize;
            let darker = sums[place] < sums[place + 1];
            hash |= u64::from(darker) << (row * 8 + column);
        }
    }
    Ok(hash)
}

/// Sums over the 9 by 8 equal areas, pixels cut by an edge counted by their part: all areas are of
/// the same size, so sums compare as averages do.
fn shrunk(picture: Grey<'_>) -> Vec<u64> {
    let across = parts(u64::from(picture.width), COLUMNS);
    let down = parts(u64::from(picture.height), ROWS);
    let mut sums = vec![0; (COLUMNS * ROWS) as usize];
    let mut line = vec![0_u64; COLUMNS as usize];
    for (row, pixels) in picture
        .pixels
        .chunks_exact(picture.width as usize)
        .enumerate()
    {
        line.fill(0);
        for (pixel, parts) in pixels.iter().zip(&across) {
            for (column, part) in parts {
                line[*column] += u64::from(*pixel) * part;
            }
        }
        for (target, part) in &down[row] {
            let sums = &mut sums[target * COLUMNS as usize..][..COLUMNS as usize];
            sums.iter_mut()
                .zip(&line)
                .for_each(|(sum, own)| *sum += own * part);
        }
    }
    sums
}

/// For each of `pixels`, the cells it lies in and how much of it, where `cells` divide the whole: a
/// pixel is `cells` long and a cell `pixels`.
fn parts(pixels: u64, cells: u64) -> Vec<Vec<(usize, u64)>> {
    let of = |pixel: u64| {
        let (start, end) = (pixel * cells, (pixel + 1) * cells);
        let part = |cell: u64| {
            let part = end.min((cell + 1) * pixels) - start.max(cell * pixels);
            (cell as usize, part)
        };
        (start / pixels..=(end - 1) / pixels).map(part).collect()
    };
    (0..pixels).map(of).collect()
}
