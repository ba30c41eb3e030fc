//! Who pays for models, for what, and every call they make.

use super::genre::Genre;
use super::{Call, Developer, Model, User};
use super::{river, support};
use crate::random::Random;

/// Calls made by all users together.
const CALLS: usize = 4_000;
const WEEK_S: u32 = 7 * 86_400;

/// A user's name, model, purpose, and share of all calls in thousandths.
type Row = (&'static str, u32, &'static str, u32);

const USERS: [Row; 12] = [
    ("Mosspost Parcels", 0, "support-routing", 310),
    ("Copperleaf Broadband", 0, "support-routing", 190),
    ("Weir & Watershed Council", 1, "monitoring", 130),
    ("Bramble Books", 0, "support-routing", 80),
    ("Larkspur Insurance", 0, "support-routing", 70),
    ("Saltmarsh University", 1, "research", 60),
    ("Tern Analytics", 0, "evaluation", 45),
    ("Anglers of the Upper Fenn", 1, "monitoring", 40),
    ("Open Rivers Atlas", 1, "research", 35),
    ("Pepper & Pine Bakery", 0, "support-routing", 20),
    ("a student in Ghent", 1, "research", 12),
    ("Benchkeeper", 1, "evaluation", 8),
];

/// The developer, with a model for each campaign.
pub(super) fn developer() -> Developer {
    let model = |name, campaign, demand_ppm, price_units| Model {
        name,
        campaign,
        demand_ppm,
        price_units,
    };
    Developer {
        name: "Fenwick Models",
        models: vec![
            model("inbox-sorter", 0, 400_000, 2_000),
            model("stream-reader", 1, 500_000, 3_000),
        ],
    }
}

/// The users, heaviest first.
pub(super) fn users() -> Vec<User> {
    USERS
        .map(|(name, model, purpose, _)| User {
            name,
            model,
            purpose,
        })
        .to_vec()
}

/// Every call, in order of time, over the week that begins an hour after `done_s`.
pub(super) fn calls(random: &mut Random, users: &[User], done_s: u64) -> Vec<Call> {
    let genres: [&Genre; 2] = [&support::GENRE, &river::GENRE];
    let shares = USERS.map(|row| row.3);
    let mut times: Vec<u32> = (0..CALLS).map(|_| random.below(WEEK_S)).collect();
    times.sort_unstable();
    let mut calls = Vec::with_capacity(CALLS);
    for time_s in times {
        let index = random.weighted(&shares);
        let user = &users[index];
        let unit = genres[user.model as usize].compose(random);
        calls.push(Call {
            user: index as u32,
            model: user.model,
            purpose: user.purpose,
            text: unit.text,
            truth: unit.truth,
            at_s: done_s + 3_600 + u64::from(time_s),
        });
    }
    calls
}
