//! A river lab's notebook: volunteers' notes to judge as healthy, stressed or unclear.

use super::genre::{self, Genre, Phrases};
use super::random::Random;
use super::{Campaign, Requester};

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
                "Bea",
                "Callum",
                "Ffion",
                "Goran",
                "Mei",
                "Nadia",
                "Rob",
                "the scouts",
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
        "between {site} and {site},",
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
        "counted {n} {sensitive} under one stone.",
        "water clear to the bed, clean gravel all the way.",
        "{n} {sensitive} in the first kick sample.",
        "lots of {plant} in flower and {sensitive} among it.",
        "trout rising in the pool, I counted {n}.",
        "fresh redds in the gravel by {site}.",
        "oxygen {n} percent better than last year and {sensitive} everywhere.",
        "{bird} carrying food, {sensitive} by the look of it.",
        "the kick net was full of {sensitive}, the best count since spring.",
        "could see every pebble at a metre deep.",
        "good flow, clean stones, {plant} spreading.",
        "{sensitive} on nearly every stone I turned.",
        "minnows in hundreds over bright gravel.",
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
        "nothing to worry about by {site}.",
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
        "grey film on the shallows and a smell of eggs.",
        "only {tolerant} in the tray, {n} of them.",
        "sewage fungus on the stones below {site}.",
        "{n} dead fish along the bank.",
        "thick green algae over the whole bed.",
        "brown foam and wipes on the branches by {site}.",
        "oily sheen from {site} down to the bend.",
        "the bed is smothered in silt, {tolerant} and nothing else.",
        "cattle have trampled the bank and the water is like soup.",
        "the pipe by {site} was running white again.",
        "oxygen down, {tolerant} up, no {sensitive} at all.",
        "the water was warm, slow and smelled of diesel.",
        "fish gasping at the surface by {site}.",
        "black mud under every stone, full of {tolerant}.",
    ],
    follow: &[
        "reported it to the hotline.",
        "it has got worse since last month.",
        "I wore gloves.",
        "kept the dog out.",
        "the smell carries to {site}.",
        "no {sensitive} in three kicks.",
    ],
    aside: &[
        "a little foam by {site}",
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
        "worse below {site} than above.",
        "the pipe again.",
    ],
};

const UNCLEAR: Phrases = Phrases {
    share: 22,
    core: &[
        "could not reach {site}, the path is flooded.",
        "too dark to see the bed.",
        "forgot the net, so no sample today.",
        "only took a picture of {site}.",
        "the river was in spate, no sampling possible.",
        "met {name} and talked, no count made.",
        "the label on the jar came off, not sure which site this was.",
        "turned back at {site}, a bull in the field.",
        "the tray tipped over before we could count.",
        "the meter battery was flat, nothing was measured.",
        "saw {bird}, did not look at the water.",
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
        "the usual at {site}.",
        "page torn here.",
        "will write this up later.",
        "{bird}, and again {bird}.",
    ],
};
