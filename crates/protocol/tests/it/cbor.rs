//! A second reader of CBOR that finds where an encoding could be written otherwise.

/// One data item's head: where it stands, its major type and its argument.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub at: usize,
    pub length: usize,
    pub major: u8,
    pub argument: u64,
    /// Just past the whole item, content included.
    pub end: usize,
}

/// All heads in the order of the bytes. The input is well-formed and of definite lengths.
pub fn heads(bytes: &[u8]) -> Vec<Head> {
    let mut heads = Vec::new();
    let end = item(bytes, 0, &mut heads);
    assert_eq!(end, bytes.len(), "one item");
    heads
}

fn item(bytes: &[u8], at: usize, heads: &mut Vec<Head>) -> usize {
    let (major, low) = (bytes[at] >> 5, bytes[at] & 31);
    let extra = match low {
        0..=23 => 0,
        24..=27 => 1usize << (low - 24),
        _ => panic!("indefinite or reserved at {at}"),
    };
    let argument = match extra {
        0 => u64::from(low),
        _ => bytes[at + 1..=at + extra]
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    };
    let length = 1 + extra;
    let place = heads.len();
    heads.push(Head {
        at,
        length,
        major,
        argument,
        end: 0,
    });
    let inner = at + length;
    let items = match major {
        4 | 6 if major == 6 => 1,
        4 => argument,
        5 => 2 * argument,
        _ => 0,
    };
    let end = match major {
        2 | 3 => inner + usize::try_from(argument).unwrap(),
        _ => (0..items).fold(inner, |at, _| item(bytes, at, heads)),
    };
    heads[place].end = end;
    end
}

/// Other encodings of what `bytes` encode, or of nearly that: none of them may be accepted.
pub fn variations(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = vec![("a trailing byte", [bytes, &[0]].concat())];
    for head in heads(bytes) {
        if let Some(wider) = wider(bytes, head) {
            all.push(("a longer head", wider));
        }
        if matches!(head.major, 2..=5) {
            all.push(("an indefinite length", indefinite(bytes, head)));
        }
        if head.major == 5 && head.argument < 23 {
            let pair = [0x17, 0x00];
            all.push(("an unknown key", grown(bytes, head, head.end, &pair)));
        }
        if head.major == 5 && head.argument > 0 {
            let (key, value) = pair(bytes, head.at + head.length);
            let first = bytes[key..value].to_vec();
            all.push(("a key twice", grown(bytes, head, value, &first)));
            if head.argument > 1 {
                let (_, next) = pair(bytes, value);
                let mut swapped = bytes.to_vec();
                swapped[key..next].rotate_left(value - key);
                all.push(("keys out of order", swapped));
            }
        }
    }
    all
}

/// Where the pair at `at` begins and ends.
fn pair(bytes: &[u8], at: usize) -> (usize, usize) {
    let value = item(bytes, at, &mut Vec::new());
    (at, item(bytes, value, &mut Vec::new()))
}

fn wider(bytes: &[u8], head: Head) -> Option<Vec<u8>> {
    let major = head.major << 5;
    let argument = head.argument.to_be_bytes();
    let long: Vec<u8> = match head.length {
        // Simple values (false, true, null) have no longer form.
        1 | 2 | 3 | 5 if head.major < 7 => match head.length {
            1 => vec![major | 24, argument[7]],
            2 => vec![major | 25, argument[6], argument[7]],
            3 => [&[major | 26], &argument[4..]].concat(),
            _ => [&[major | 27], &argument[..]].concat(),
        },
        _ => return None,
    };
    let (before, after) = (&bytes[..head.at], &bytes[head.at + head.length..]);
    Some([before, &long, after].concat())
}

fn indefinite(bytes: &[u8], head: Head) -> Vec<u8> {
    let start = head.at + head.length;
    let chunk = match head.major {
        2 | 3 => &bytes[head.at..head.end],
        _ => &bytes[start..head.end],
    };
    let open = [head.major << 5 | 31];
    [&bytes[..head.at], &open, chunk, &[0xff], &bytes[head.end..]].concat()
}

/// The map at `head` with one more pair at `place`.
fn grown(bytes: &[u8], head: Head, place: usize, pair: &[u8]) -> Vec<u8> {
    let mut grown = [&bytes[..place], pair, &bytes[place..]].concat();
    grown[head.at] += 1;
    grown
}
