//! Names numbered in the order in which they come.

use std::collections::BTreeMap;

/// Each name once, with its number from 0.
pub(super) struct Names {
    places: BTreeMap<String, u32>,
    most: u64,
}

impl Names {
    /// Room for `most` names, which is at most 2^32 - 1.
    pub(super) fn new(most: u64) -> Names {
        Names {
            places: BTreeMap::new(),
            most,
        }
    }

    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The number of a name that has come before.
    pub(super) fn known(&self, name: &str) -> Option<u32> {
        self.places.get(name).copied()
    }

    /// The number of a name, the next one if it is new; none if there is no room.
    pub(super) fn place(&mut self, name: &str) -> Option<u32> {
        if let Some(place) = self.known(name) {
            return Some(place);
        }
        let next = self.places.len() as u64;
        if next == self.most {
            return None;
        }
        let next = u32::try_from(next).ok()?;
        self.places.insert(name.to_owned(), next);
        Some(next)
    }

    /// The names and their numbers, sorted by the names' bytes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.places
            .iter()
            .map(|(name, &place)| (name.as_str(), place))
    }

    /// The names in the order in which they came.
    pub(super) fn into_vec(self) -> Vec<String> {
        let mut names = vec![String::new(); self.places.len()];
        for (name, place) in self.places {
            names[place as usize] = name;
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_beyond_the_limit_have_no_place_and_known_ones_keep_theirs() {
        let mut names = Names::new(2);
        let places = ["b", "a", "c", "b"].map(|name| names.place(name));
        assert_eq!(places, [Some(0), Some(1), None, Some(0)]);
        assert_eq!(names.iter().collect::<Vec<_>>(), [("a", 1), ("b", 0)]);
        assert_eq!(names.into_vec(), ["b", "a"]);
    }
}
