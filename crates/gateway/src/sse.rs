//! Server-sent events out of a stream of bytes: whole events, each with the bytes it came in.

use bytes::{Bytes, BytesMut};

/// Most bytes of one event; longer ones are no model's.
const MAX_EVENT_BYTES: usize = 4 << 20;

/// Bytes that do not make a whole event yet.
#[derive(Debug, Default)]
pub struct Events {
    rest: BytesMut,
}

impl Events {
    /// Takes bytes as they come. False if an event grows beyond all measure.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.rest.extend_from_slice(bytes);
        self.rest.len() <= MAX_EVENT_BYTES
    }

    /// The whole event that begins at a place, with the blank line that ends it.
    pub fn at(&self, place: usize) -> Option<&[u8]> {
        let rest = self.rest.get(place..)?;
        for (at, byte) in rest.iter().enumerate() {
            if *byte != b'\n' {
                continue;
            }
            let length = match &rest[at + 1..] {
                [b'\n', ..] => 2,
                [b'\r', b'\n', ..] => 3,
                _ => continue,
            };
            return Some(&rest[..at + length]);
        }
        None
    }

    /// The first so many bytes, which are events that were looked at.
    pub fn take(&mut self, bytes: usize) -> Bytes {
        self.rest.split_to(bytes).freeze()
    }

    /// What is left at the end of a stream.
    pub fn rest(&mut self) -> Bytes {
        self.rest.split().freeze()
    }
}

/// The data of an event whose data is one line, without the word before it.
pub fn data(event: &[u8]) -> Option<&[u8]> {
    let mut lines = event.split(|byte| *byte == b'\n');
    let line = lines.find_map(|line| line.strip_prefix(b"data:"))?;
    Some(line.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_are_the_same_however_they_are_cut(
            cuts in prop::collection::vec(1usize..9, 1..40),
        ) {
            let stream = b"data: {\"a\":1}\n\nevent: x\r\ndata: 2\r\n\r\ndata: [DONE]\n\nrest";
            let (mut events, mut found, mut at) = (Events::default(), Vec::new(), 0);
            let mut cuts = cuts.into_iter().cycle();
            while at < stream.len() {
                let end = (at + cuts.next().unwrap()).min(stream.len());
                prop_assert!(events.push(&stream[at..end]));
                while let Some(length) = events.at(0).map(<[u8]>::len) {
                    found.push(events.take(length));
                }
                at = end;
            }
            let datas: Vec<_> = found.iter().map(|event| data(event).unwrap()).collect();
            prop_assert_eq!(datas, [&b"{\"a\":1}"[..], b"2", b"[DONE]"]);
            prop_assert_eq!([&found.concat()[..], &events.rest()].concat(), stream);
        }
    }
}
