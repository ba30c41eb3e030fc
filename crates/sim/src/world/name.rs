//! Pleasant pseudonyms: a colour or mood, an animal of the river, a number.

use crate::random::Random;

const FIRST: [&str; 40] = [
    "amber", "ashen", "bold", "brisk", "calm", "cedar", "chalk", "clear", "copper", "coral",
    "dapple", "dusky", "early", "fern", "gentle", "golden", "hazel", "indigo", "ivory", "jade",
    "keen", "late", "lunar", "maple", "merry", "misty", "mossy", "nimble", "ochre", "olive",
    "pearl", "quiet", "rusty", "sable", "silver", "slate", "sunny", "teal", "velvet", "wild",
];

const SECOND: [&str; 40] = [
    "avocet",
    "badger",
    "beaver",
    "bittern",
    "bream",
    "caddis",
    "carp",
    "coot",
    "crane",
    "curlew",
    "dipper",
    "dragonfly",
    "egret",
    "falcon",
    "finch",
    "grayling",
    "grebe",
    "hare",
    "heron",
    "ibis",
    "kingfisher",
    "lark",
    "lynx",
    "mallard",
    "marten",
    "mayfly",
    "minnow",
    "newt",
    "osprey",
    "otter",
    "perch",
    "pike",
    "plover",
    "shrew",
    "snipe",
    "stoat",
    "swallow",
    "teal",
    "trout",
    "wagtail",
];

/// A pseudonym that is not in `taken`.
pub(super) fn pseudonym(random: &mut Random, taken: &[String]) -> String {
    loop {
        let (first, second) = (random.pick(&FIRST), random.pick(&SECOND));
        let name = format!("{first}-{second}-{}", random.between(10, 99));
        if !taken.contains(&name) {
            return name;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_twice() {
        let mut random = Random::new(0);
        let mut names = Vec::new();
        for _ in 0..2_000 {
            names.push(pseudonym(&mut random, &names));
        }
        names.sort_unstable();
        assert!(names.is_sorted_by(|one, next| one < next));
    }
}
