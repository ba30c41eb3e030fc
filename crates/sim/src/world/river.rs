//! A river lab's notebook: volunteers' notes to judge as healthy, stressed or unclear.

use super::genre::{self, Genre, Pair, Phrases};
use super::{Campaign, Requester};
use crate::random::Random;

const UNITS: usize = 1_500;
const GOLD_SHARE_PPM: u32 = 100_000;

pub(super) fn requester() -> Requester {
    Requester {
        name: "Alder Creek River Lab",
        story: "three ecologists and four hundred volunteers, who walk the banks with a notebook",
    }
}

pub(super) fn campaign(random: &mut Random) -> Campaign {
    let classes = &["healthy", "stressed", "unclear"];
    let units = GENRE.units(random, UNITS);
    Campaign {
        name: "river-notes",
        instructions: "What does this note say about the state of the water?",
        classes,
        gold: genre::gold(random, &units, classes.len(), GOLD_SHARE_PPM),
        units,
        price_units: 60_000,
        overlap: 7,
        gold_share_ppm: GOLD_SHARE_PPM,
        reference_ppm: 850_000,
    }
}

pub(super) const GENRE: Genre = Genre {
    slots: &[
        (
            "site",
            &[
                "the weir",
                "the mill race",
                "the old bridge",
                "the ford",
                "the outfall",
                "the alder bend",
                "the cattle drink",
                "the footbridge",
                "the gauging hut",
                "the island",
                "the lower pool",
                "the boat steps",
                "the railway arch",
            ],
        ),
        (
            "spot",
            &[
                "the culvert",
                "the sluice",
                "the jetty",
                "the fish pass",
                "the sand bar",
                "the fallen willow",
            ],
        ),
        (
            "sensitive",
            &[
                "stonefly nymphs",
                "mayfly nymphs",
                "cased caddis",
                "freshwater shrimps",
                "bullheads",
                "trout fry",
                "river limpets",
                "demoiselle larvae",
            ],
        ),
        (
            "tolerant",
            &[
                "bloodworms",
                "sludge worms",
                "rat-tailed maggots",
                "water lice",
                "leeches",
            ],
        ),
        (
            "bird",
            &[
                "a dipper",
                "a kingfisher",
                "two wagtails",
                "a heron",
                "a coot",
                "some mallards",
            ],
        ),
        (
            "time",
            &[
                "at dawn",
                "before lunch",
                "at noon",
                "after the rain",
                "in the evening",
            ],
        ),
        (
            "name",
            &[
                "Bea", "Callum", "Ffion", "Goran", "Mei", "Nadia", "Rob", "Sunniva",
            ],
        ),
        (
            "plant",
            &[
                "water crowfoot",
                "starwort",
                "watercress",
                "fountain moss",
                "yellow iris",
            ],
        ),
    ],
    openings: &[
        "by {site},",
        "{time},",
        "site {n}.",
        "below {site},",
        "note by {name}.",
        "near {site},",
        "walked down to {site}.",
        "weekly round, stop {n}.",
        "sample {n}, {site}.",
        "{time} with {name}.",
        "upstream of {site},",
    ],
    closings: &[
        "photo to follow.",
        "{name} was with me.",
        "saw {bird} too.",
        "air {n} degrees.",
        "back next week.",
        "stayed {n} minutes.",
        "wind from the west.",
        "wet boots again.",
        "level at the gauge {n}.",
    ],
    classes: &[HEALTHY, STRESSED, UNCLEAR],
    pairs: &[
        Pair {
            lead: "last month:",
            own_first: false,
            bridge: "today:",
        },
        Pair {
            lead: "on the old sheet it said",
            own_first: false,
            bridge: "this time",
        },
        Pair {
            lead: "{name} had written:",
            own_first: false,
            bridge: "what I found:",
        },
        Pair {
            lead: "",
            own_first: true,
            bridge: "how different in spring:",
        },
        Pair {
            lead: "",
            own_first: true,
            bridge: "last year, for comparison:",
        },
        Pair {
            lead: "today",
            own_first: true,
            bridge: "the week before",
        },
    ],
    ambiguous: &[
        ("the bed was all green this time.", 1, 0),
        ("water brown and high.", 2, 1),
        ("plenty of insects over the water.", 0, 2),
        ("no fish today.", 2, 1),
        ("foam along the edge, the size of a hand.", 1, 2),
        ("quite a few small ones, did not see which.", 2, 0),
        ("it looked like it always does.", 2, 0),
        ("much weed by {site}.", 1, 0),
        ("the stones were slippery and full of something.", 1, 2),
        ("{bird} was fishing there for an hour.", 0, 2),
        ("counted {n}, then lost count.", 0, 2),
        ("colder and clearer than last time.", 0, 2),
    ],
};

const HEALTHY: Phrases = Phrases {
    share: 42,
    core: &[
        "[counted|found] {n} {sensitive} under [one stone|a single stone|the first stone].",
        "water [clear to the bed|like glass], clean gravel all the way.",
        "{n} {sensitive} in the [first|second|last] kick sample.",
        "[lots|plenty] of {plant} in flower and {sensitive} among it.",
        "trout [rising|feeding] in the pool, I counted {n}.",
        "fresh redds in the gravel by {spot}.",
        "oxygen {n} percent better than last year and {sensitive} everywhere.",
        "{bird} carrying food, {sensitive} by the look of it.",
        "the [kick net|tray] was full of {sensitive}, the best count since [spring|June].",
        "could see every [pebble|stone] at [a metre|two metres] deep.",
        "good flow, clean stones, {plant} [spreading|coming back].",
        "{sensitive} on [nearly every|each] stone I turned.",
        "[minnows|sticklebacks] in hundreds over bright gravel.",
        "otter prints, and {n} {sensitive} in the tray.",
    ],
    follow: &[
        "smells of nothing but mint.",
        "a pleasure to sample.",
        "the score is our highest here.",
        "shade and flow are good.",
        "{plant} on both sides.",
        "cold and lively water.",
    ],
    aside: &[
        "a few {sensitive} hang on",
        "the water looked clear from above",
        "{plant} is still there",
        "we used to find {sensitive} here",
        "gravel was clean once",
        "flow was good",
        "one trout jumped",
    ],
    hint: &[
        "nothing to worry about by {spot}.",
        "the tray was busy today.",
        "{name} put the kit away smiling.",
        "as it should be.",
        "even the far bank was lively.",
        "one could drink it, almost.",
        "the list is longer than the page.",
    ],
};

const STRESSED: Phrases = Phrases {
    share: 36,
    core: &[
        "grey [film|scum] on the shallows and a smell of [eggs|drains].",
        "only {tolerant} in the tray, {n} of them.",
        "sewage fungus on the [stones|roots] below {spot}.",
        "{n} dead [fish|bullheads|trout] along the bank.",
        "[thick green algae|blanket weed] over the whole bed.",
        "brown foam and wipes on the branches by {spot}.",
        "oily sheen from {spot} down to the [fence|confluence].",
        "the bed is [smothered in|covered with] silt, {tolerant} and nothing else.",
        "cattle have trampled the bank and the water is like [soup|tea].",
        "the pipe by {spot} was running [white|grey|orange] again.",
        "oxygen down, {tolerant} up, no {sensitive} at all.",
        "the water was warm, slow and smelled of [diesel|slurry|bleach].",
        "fish gasping at the surface by {spot}.",
        "black mud under every stone, full of {tolerant}.",
    ],
    follow: &[
        "reported it to the hotline.",
        "it has got worse since last month.",
        "I wore gloves.",
        "kept the dog out.",
        "the smell carries to the road.",
        "no {sensitive} in three kicks.",
    ],
    aside: &[
        "a little foam by {spot}",
        "a bit cloudy after the rain",
        "one {n} cm patch of algae",
        "some {tolerant} as always",
        "some litter on the bank",
        "the pipe was dry",
        "there was a spill here last year",
    ],
    hint: &[
        "I would not let the dog in.",
        "we did not stay long, you could taste it.",
        "{name} has phoned the hotline.",
        "the tray was nearly empty, and what there was wriggled red.",
        "not what it was in spring.",
        "worse here than above.",
        "the pipe again.",
    ],
};

const UNCLEAR: Phrases = Phrases {
    share: 22,
    core: &[
        "could not [reach|get to] {spot}, the path is [flooded|closed].",
        "too [dark|misty] to see the bed.",
        "forgot the [net|tray|boots], so no sample today.",
        "only took a [picture|film] of {spot}.",
        "the river was in spate, no sampling [possible|done].",
        "met {name} and talked, no count made.",
        "the label on the jar came off, not sure which site this was.",
        "turned back at {spot}, a bull in the field.",
        "the tray tipped over before we could count.",
        "the meter battery was flat, nothing was [measured|read].",
        "[saw|watched] {bird}, did not look at the water.",
        "ice from bank to bank, nothing to see.",
    ],
    follow: &[
        "will try again next week.",
        "sorry about that.",
        "ask {name}, who may know more.",
        "half the sheet is empty.",
        "so no score.",
    ],
    aside: &[
        "I could not get to the far bank",
        "the light was poor",
        "the meter was flat",
        "my glasses were at home",
        "the count is rough",
        "the path was flooded in places",
        "had little time",
    ],
    hint: &[
        "see last week.",
        "as discussed with {name}.",
        "{n}?",
        "ditto.",
        "the usual at {spot}.",
        "page torn here.",
        "will write this up later.",
        "{bird}, and again {bird}.",
    ],
};
