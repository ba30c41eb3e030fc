//! Pace, forecast and alarms of made-up campaigns.

use protocol::Amount;
use view::question::CampaignRow;

use super::*;

const NOW: u64 = 1_000 * HOUR_MS;

fn outlook() -> Outlook {
    let units = |units: u128| Amount::new(units).unwrap();
    let campaign = CampaignRow {
        campaign: 0,
        owner: 1,
        title: String::new(),
        skill: String::new(),
        stage: "open".to_owned(),
        opened_ms: 0,
        units: (100, 100),
        answers: (120, 100),
        judged: (80, 20),
        contributors: 3,
        labelled: 40,
        token: 0,
        budget: units(30_000),
        spent: units(8_000),
        price: units(100),
        asset: None,
    };
    Outlook {
        view: Dashboard {
            campaign,
            hours: Vec::new(),
            cost_per_label: None,
            cost_per_accepted: None,
            gold: (0, 0),
            mistakes: Vec::new(),
        },
        people: Vec::new(),
        classes: Vec::new(),
        wanted: 300,
        left_units: 22_000,
        hours: filled(&[(NOW - 2 * HOUR_MS, 30), (NOW, 15)], NOW + 5),
        now_ms: NOW + 5,
        runs: true,
        appeals: (0, None),
        behind: 0,
    }
}

fn codes(own: &Outlook) -> Vec<&'static str> {
    own.alarms(None).iter().map(|alarm| alarm.code).collect()
}

#[test]
fn hours_without_answers_count_and_old_ones_do_not() {
    assert_eq!(filled(&[], NOW), []);
    let found = filled(&[(NOW - 2 * HOUR_MS, 30), (NOW, 15)], NOW + 5);
    assert_eq!(
        found,
        [(NOW - 2 * HOUR_MS, 30), (NOW - HOUR_MS, 0), (NOW, 15)]
    );
    let long = filled(&[(0, 1), (NOW, 2)], NOW);
    assert_eq!(
        (long.len() as u64, long[0].0),
        (HOURS, NOW - (HOURS - 1) * HOUR_MS)
    );
    assert_eq!(
        filled(&[(NOW, 7)], 0),
        [(NOW, 7)],
        "a clock that is behind loses nothing"
    );
}

#[test]
fn a_forecast_goes_by_pace_and_by_what_judged_answers_cost() {
    let own = outlook();
    assert_eq!((own.missing(), own.pace()), (180, 15));
    assert_eq!(own.done_ms(), Some(NOW + 5 + 12 * HOUR_MS));
    // 8,000 for 100 judged answers: 300 of them cost 24,000.
    assert_eq!(own.forecast_units(), Some(24_000));
    let mut fresh = outlook();
    fresh.view.campaign.judged = (0, 0);
    fresh.hours = Vec::new();
    assert_eq!(
        (fresh.forecast_units(), fresh.done_ms(), fresh.pace()),
        (None, None, 0)
    );
    let mut done = outlook();
    done.wanted = 120;
    assert_eq!(done.done_ms(), None);
}

#[test]
fn each_alarm_rings_for_its_reason_and_no_other() {
    assert_eq!(codes(&outlook()), [""; 0]);
    let mut own = outlook();
    own.left_units = 100 * 179;
    assert_eq!(codes(&own), ["budget_short"]);
    own.runs = false;
    assert_eq!(codes(&own), [""; 0], "what is paused needs no money");
    let mut own = outlook();
    own.hours = filled(&[(NOW - 9 * HOUR_MS, 30)], NOW);
    assert_eq!(codes(&own), ["nobody_works"]);
    let mut own = outlook();
    own.view.gold = (19, 0);
    assert_eq!(codes(&own), [""; 0], "too few to say");
    own.view.gold = (20, 13);
    own.view.campaign.judged = (20, 20);
    own.appeals = (2, Some(NOW + HOUR_MS));
    own.behind = 20_000;
    let found = ["appeals_wait", "gold_low", "many_rejected", "view_behind"];
    assert_eq!(codes(&own), found, "the grave one first");
    let insight = |alike| Insight {
        pairs: (100, alike),
        found: node::disagreement::Disagreement {
            classes: vec![String::new(); 2],
            confusion: vec![vec![50, 0], vec![0, 50]],
            ..node::disagreement::Disagreement::default()
        },
        tasks: 1,
    };
    let rings = |alike| outlook().alarms(Some(&insight(alike))).len();
    assert_eq!((rings(69), rings(70)), (1, 0));
}

#[test]
fn a_range_holds_what_was_seen_and_nothing_impossible() {
    for seen in 0..40 {
        for right in 0..=seen {
            let (low, high) = range_ppm((seen, right));
            assert!(low <= high && high <= 1_000_000, "{right} of {seen}");
            if let Some(was) = (right * 1_000_000).checked_div(seen) {
                assert!(
                    (low..=high).contains(&was),
                    "{right} of {seen}: {low} to {high}"
                );
            }
        }
    }
    assert_eq!(
        range_ppm((3, 9)).1,
        range_ppm((3, 3)).1,
        "more right than seen is all of them"
    );
}
