//! A support desk's inbox: messages to sort into billing, delivery, fault and praise.

use super::genre::{self, Genre, Pair, Phrases};
use super::{Campaign, Requester};
use crate::random::Random;

const UNITS: usize = 1_900;
const GOLD_SHARE_PPM: u32 = 100_000;

pub(super) fn requester() -> Requester {
    Requester {
        name: "Kettle & Kin",
        story: "a shop for small household things, whose four people on support read every \
                message twice",
    }
}

pub(super) fn campaign(random: &mut Random) -> Campaign {
    let classes = &["billing", "delivery", "fault", "praise"];
    let units = GENRE.units(random, UNITS);
    Campaign {
        name: "inbox-triage",
        instructions: "Which desk should answer this message first?",
        classes,
        gold: genre::gold(random, &units, classes.len(), GOLD_SHARE_PPM),
        units,
        price_units: 40_000,
        overlap: 7,
        gold_share_ppm: GOLD_SHARE_PPM,
        reference_ppm: 850_000,
    }
}

pub(super) const GENRE: Genre = Genre {
    slots: &[
        (
            "thing",
            &[
                "kettle",
                "toaster",
                "desk lamp",
                "coffee grinder",
                "hand blender",
                "rice cooker",
                "space heater",
                "radio",
                "wall clock",
                "fan",
                "juicer",
                "milk frother",
            ],
        ),
        (
            "day",
            &[
                "Monday",
                "Tuesday",
                "Wednesday",
                "Thursday",
                "Friday",
                "Saturday",
                "the 3rd",
            ],
        ),
        ("agent", &["Agnes", "Bilal", "Carys", "Dmitri", "Lotte"]),
        (
            "when",
            &[
                "yesterday",
                "this morning",
                "on {day}",
                "last week",
                "over the weekend",
                "two days ago",
            ],
        ),
        (
            "carrier",
            &[
                "the courier",
                "your driver",
                "the depot",
                "the parcel shop",
                "the postman",
            ],
        ),
        (
            "place",
            &[
                "next door",
                "by the bins",
                "at the wrong number",
                "in the porch",
                "in the rain",
            ],
        ),
        (
            "person",
            &[
                "Ines",
                "Marek",
                "Oluwa",
                "Priya",
                "Tom",
                "Yuki",
                "Hannelore",
                "Sadiq",
            ],
        ),
        (
            "part",
            &[
                "lid", "switch", "cable", "base", "handle", "display", "motor", "hinge",
            ],
        ),
        (
            "who",
            &[
                "my mother",
                "my flatmate",
                "my husband",
                "our office",
                "my neighbour",
                "my son",
            ],
        ),
    ],
    openings: &[
        "hello,",
        "hi there,",
        "good morning,",
        "dear team,",
        "hi,",
        "me again.",
        "hello again,",
        "short one today:",
        "writing from the train,",
        "second message from me.",
        "order {order}.",
        "this is about the {thing}.",
    ],
    closings: &[
        "thanks, {person}",
        "please advise.",
        "can somebody look at this?",
        "best wishes, {person}",
        "I look forward to hearing from you.",
        "yours, {person}",
        "many thanks.",
        "please call me back.",
        "thank you in advance.",
    ],
    classes: &[BILLING, DELIVERY, FAULT, PRAISE],
    pairs: &[
        Pair {
            lead: "",
            own_first: true,
            bridge: "by the way,",
        },
        Pair {
            lead: "",
            own_first: true,
            bridge: "while I am writing:",
        },
        Pair {
            lead: "two things.",
            own_first: true,
            bridge: "and when you have time,",
        },
        Pair {
            lead: "",
            own_first: false,
            bridge: "that can wait, but",
        },
        Pair {
            lead: "",
            own_first: false,
            bridge: "what is more urgent:",
        },
        Pair {
            lead: "you know that",
            own_first: false,
            bridge: "now to my question.",
        },
    ],
    ambiguous: &[
        ("I have written three times about the {thing} now.", 1, 2),
        ("this is not what I ordered {when}.", 1, 0),
        ("I would like to send the {thing} back.", 2, 0),
        ("please cancel order {order}.", 0, 1),
        ("the {thing} is not what it said on the page.", 2, 0),
        ("you said {n} days, it has been far more.", 1, 0),
        ("what happens now with order {order}?", 1, 0),
        ("the {thing} came and went again, so to speak.", 1, 2),
        ("well, I did not expect that from a {thing}.", 3, 2),
        ("{who} says the {thing} is quite something.", 3, 2),
        ("I want to return this and be done with it.", 0, 2),
        ("there was only one {thing} in it.", 1, 0),
        ("the box was open when I found it.", 1, 2),
        (
            "so far I have had two of these, draw your own conclusion.",
            2,
            3,
        ),
    ],
};

const BILLING: Phrases = Phrases {
    share: 30,
    core: &[
        "I was [charged|billed] {amount} twice for [the same|one] {thing}.",
        "my card was [debited|charged] {amount} but the [invoice|order page] says {amount}.",
        "the [discount code|voucher] was not taken off [my bill for the|the price of the] {thing}.",
        "please send me an invoice [with the VAT on it|in the company's name] for order {order}.",
        "where is my [refund|money back] of {amount}, you promised it [on {day}|{when}]?",
        "there is a [payment|charge] of {amount} on my account that I [never made|can't explain].",
        "I still see {amount} pending on my [account|card] although I cancelled {when}.",
        "your shop took {amount} for gift wrapping that I never [chose|asked for].",
        "the price at the checkout was {amount} and now you want {amount}.",
        "I paid by bank transfer {when} and got a [reminder|dunning letter] anyway.",
        "the receipt for order {order} shows the wrong [company name|sum|address].",
        "can I pay the {amount} in [instalments|two parts|cash]?",
        "you refunded {amount} to a card that I [closed|lost].",
        "my [subscription|care plan] was renewed for {amount} without asking.",
        "the [tax|VAT] on the {thing} looks wrong to me, could [accounts|someone] check?",
        "I was billed for {n} when I only [bought|kept] one.",
    ],
    follow: &[
        "please put the money back.",
        "my bank says it is up to you.",
        "I attach the statement.",
        "accounts should see this at once.",
        "I am not paying a cent more.",
        "{who} noticed it on the bank page.",
    ],
    aside: &[
        "the price was fair",
        "I paid {amount} for it",
        "the refund for the other order came through",
        "payment went well",
        "the invoice is in the box",
        "at {amount} it was not cheap",
        "you may charge my card if it costs extra",
    ],
    hint: &[
        "two lines on one statement, that can't be right.",
        "that is not the sum we agreed on.",
        "I make it {amount}, you make it {amount}.",
        "I did the arithmetic again and again.",
        "who do I talk to about the numbers?",
        "{amount}, really?",
        "I only said yes to one.",
        "my accountant has questions about {day}.",
    ],
};

const DELIVERY: Phrases = Phrases {
    share: 28,
    core: &[
        "the {thing} was [due|promised] {when} and has still not [arrived|turned up|come].",
        "tracking for order {order} has not [moved|changed] for {n} days.",
        "{carrier} left the [parcel|box] {place} and now it is gone.",
        "can you [change|correct] the delivery address of order {order}?",
        "{carrier} says nobody was [at home|in], I was [in|there] all day.",
        "when will the {thing} be [shipped|sent|dispatched]?",
        "only half of my order was in the parcel, the {thing} is missing.",
        "the [package|parcel|{thing}] went to the wrong [street|house|town] again.",
        "I moved house {when}, please [deliver|send it] to the new flat.",
        "it says delivered {when}, yet nothing [came|was delivered].",
        "could {carrier} ring the bell instead of leaving a card?",
        "my [parcel|order] has been [at the depot|in transit] since {day}.",
        "can the {thing} be sent to [a pickup point|my office|another address]?",
        "I [was promised|paid for] express shipping and have waited {n} days.",
        "customs is holding the parcel with the {thing}.",
        "the tracking number you sent me is not known to {carrier}.",
    ],
    follow: &[
        "I need it before {day}.",
        "I can be at home on {day}.",
        "where is it now?",
        "nobody can tell me where it is.",
        "it was meant as a present.",
        "please find out where it got stuck.",
        "{who} waited the whole afternoon.",
    ],
    aside: &[
        "the parcel came on time",
        "delivery was quick",
        "{carrier} was friendly",
        "it arrived {when}",
        "shipping took {n} days",
        "the tracking worked nicely",
        "it was left {place} but no harm done",
    ],
    hint: &[
        "still waiting, day {n}.",
        "I looked {place} and found nothing.",
        "is it still somewhere out there?",
        "{who} says no van was seen.",
        "I have a card and no idea what to do with it.",
        "it must be in the wrong town.",
        "my door has a bell, you know.",
        "I will be away from {day}.",
    ],
};

const FAULT: Phrases = Phrases {
    share: 25,
    core: &[
        "the {thing} [stopped working|died|gave up] after {n} days.",
        "the {part} of the {thing} [broke off|came off|split] in my hand.",
        "my {thing} makes a [burning|sharp|chemical] smell when I [switch it on|use it].",
        "the {thing} will not [turn on|start|switch on] any more.",
        "there is a [crack|dent|hole] in the {part} of the {thing}.",
        "the {thing} [leaks|drips] from the {part}.",
        "the {part} is [loose and rattles|bent and scrapes].",
        "my {thing} trips the fuse [every time|each morning].",
        "the [display|light] of the {thing} flickers and then goes [black|out].",
        "the {thing} gets far too hot to [touch|hold].",
        "the {part} is [jammed|stuck] and the {thing} hums but does not turn.",
        "after [an hour|{n} minutes] the {thing} switches itself off.",
        "the {thing} is [defective|broken|faulty], is it under warranty?",
        "a spare {part} for the {thing} please, mine [snapped|broke|melted].",
        "the {thing} has sparked near the {part}.",
        "the [buttons|dials] on the {thing} do nothing.",
    ],
    follow: &[
        "I tried another socket.",
        "it was fine for {n} days.",
        "is there a repair form?",
        "I read the manual twice.",
        "I would like a replacement.",
        "{who} nearly got a shock.",
        "a short film of it is attached.",
    ],
    aside: &[
        "the old one used to jam but that is forgotten",
        "the {part} squeaks a little",
        "it has a scratch which I don't mind",
        "the first one broke but you replaced it",
        "I fixed the loose {part} myself",
        "nothing is broken",
    ],
    hint: &[
        "it did it again {when}.",
        "first a click, then nothing.",
        "I do not dare to use it with children around.",
        "it was fine until {day}.",
        "it only goes if you hold it just so.",
        "{who} would not touch it.",
        "is it supposed to sound like that?",
        "now the whole kitchen is dark.",
    ],
};

const PRAISE: Phrases = Phrases {
    share: 17,
    core: &[
        "I just wanted to say that the {thing} is [wonderful|a delight|perfect].",
        "{agent} on your [phone line|chat] was so [kind and patient|helpful|funny].",
        "best {thing} I ever [had|owned], thank you.",
        "what a lovely surprise to find a [handwritten card|chocolate|little drawing] in the box.",
        "{who} [loves|adores] the {thing}, we will buy another one.",
        "your team [solved it|sorted me out] in {n} minutes, brilliant.",
        "five stars from me, the {thing} is a [joy|beauty].",
        "please pass my thanks on to {agent}.",
        "I have recommended you to [everybody at work|all my friends|the whole street].",
        "the {thing} is even [prettier|better|quieter] than in the picture.",
        "after {n} years my {thing} still runs like new, well done.",
        "compliments to whoever packed this so [carefully|neatly].",
        "I am [delighted|very happy|over the moon] with the {thing}.",
    ],
    follow: &[
        "keep it up!",
        "you made my day.",
        "no need to answer.",
        "I will be back.",
        "{who} is happy too.",
        "I told {agent} as well.",
    ],
    aside: &[
        "{agent} has been kind",
        "you have always been great",
        "I am usually a happy customer",
        "the {thing} is lovely",
        "nice shop by the way",
        "I don't want to complain",
    ],
    hint: &[
        "well, that went better than I feared.",
        "{who} wants one too.",
        "nothing to report, and that is the news.",
        "I take back what I wrote {when}.",
        "coffee has never been the same.",
        "more of this please.",
        "you can quote me on the {thing}.",
    ],
};
