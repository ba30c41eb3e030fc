//! Rules over made-up rounds: what fires, when, and the same after a restart.

use super::*;
use ledger::told::Told;
use proptest::prelude::*;
use protocol::{AccountId, CampaignId};
use view::desk::{Outcome, Visit};

fn rule(collector: Collector, is: Compare, value: u64, after: u32) -> Rule {
    Rule {
        collector,
        is,
        value,
        after,
        action: Action::Warn,
        minutes: 0,
    }
}

fn visit(id: u64, account: u32, task: u32, outcome: Outcome) -> Visit {
    Visit {
        id,
        campaign: CampaignId(0),
        first_unit: 0,
        task,
        account: AccountId(account),
        given_ms: 1_000_000 + id * 10_000,
        ended_ms: 1_000_000 + id * 10_000 + 5_000,
        outcome,
    }
}

fn answer(id: u64, account: u32, task: u32, label: u16) -> Seen {
    Seen {
        visit: visit(id, account, task, Outcome::Answered),
        labels: vec![label],
        known: vec![None],
        proven: false,
    }
}

fn fired(rules: &[Rule], block: u32, events: &[Seen]) -> Vec<(u64, u64, u32)> {
    let mut judge = Judge::new(rules.to_vec(), block);
    let all = events.iter().flat_map(|seen| judge.take(seen));
    all.map(|it| (it.visit, it.value, it.count)).collect()
}

#[test]
fn the_same_answer_in_a_row_fires_at_the_line_and_again_later() {
    let rules = [rule(Collector::SameInRow, Compare::AtLeast, 5, 1)];
    let same: Vec<Seen> = (1..=20).map(|id| answer(id, 1, id as u32, 0)).collect();
    let found = fired(&rules, 10, &same);
    assert_eq!(found, [(5, 5, 5), (15, 15, 15)]);
    let other: Vec<Seen> = (1..=20)
        .map(|id| answer(id, 1, id as u32, u16::from(id.is_multiple_of(4))))
        .collect();
    assert_eq!(fired(&rules, 10, &other), []);
}

#[test]
fn checks_speak_at_the_end_of_a_block_alone() {
    let rules = [rule(Collector::GoldPass, Compare::Below, 600_000, 5)];
    let wrong = |id: u64| Seen {
        known: vec![Some(1)],
        ..answer(id, 1, id as u32, 0)
    };
    let events: Vec<Seen> = (1..=9).map(wrong).collect();
    assert_eq!(fired(&rules, 10, &events), [], "the block is not full");
    let events: Vec<Seen> = (1..=10).map(wrong).collect();
    assert_eq!(fired(&rules, 10, &events), [(10, 0, 10)]);
    let bound = [rule(Collector::GoldBound, Compare::Below, 300_000, 5)];
    let found = fired(&bound, 10, &events);
    assert_eq!((found.len(), found[0].2), (1, 10));
    assert!(found[0].1 < 100_000, "{found:?}");
}

#[test]
fn time_runs_from_the_task_before_where_several_were_given_together() {
    let rules = [rule(Collector::TaskTime, Compare::Below, 2_000, 3)];
    let quick = |id: u64| {
        let mut seen = answer(id, 1, id as u32, 0);
        (seen.visit.given_ms, seen.visit.ended_ms) = (1_000, 5_000 + id * 1_000);
        seen
    };
    let events: Vec<Seen> = (1..=4).map(quick).collect();
    // The first took five seconds, the others one each.
    assert_eq!(fired(&rules, 10, &events), [(3, 1_000, 3)]);
    let mut unknown = events.clone();
    for seen in &mut unknown {
        seen.visit.given_ms = 0;
    }
    assert_eq!(
        fired(&rules, 10, &unknown),
        [],
        "a time that was lost is none"
    );
}

#[test]
fn the_fast_are_compared_with_everybody() {
    let rules = [rule(Collector::TaskTimeShare, Compare::Below, 300_000, 3)];
    let timed = |id: u64, account: u32, time_ms: u64| {
        let mut seen = answer(id, account, id as u32, 0);
        seen.visit.ended_ms = seen.visit.given_ms + time_ms;
        seen
    };
    let mut events: Vec<Seen> = (1..=20).map(|id| timed(id, 7, 5_000)).collect();
    events.extend((21..=23).map(|id| timed(id, 1, 1_000)));
    let found = fired(&rules, 100, &events);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].2), (23, 3));
    assert!((190_000..=200_000).contains(&found[0].1), "{found:?}");
    assert_eq!(
        fired(&rules, 100, &events[8..]),
        [],
        "too few to compare with"
    );
}

#[test]
fn agreement_counts_proven_people_alone() {
    let rules = [rule(Collector::Agreement, Compare::Below, 500_000, 5)];
    let mut events = Vec::new();
    let mut id = 0;
    for task in 0..10 {
        for account in [8, 9] {
            id += 1;
            events.push(Seen {
                proven: true,
                ..answer(id, account, task, 1)
            });
        }
    }
    let own = |at: u32| answer(100 + u64::from(at), 1, at, 0);
    events.extend((0..10).map(own));
    assert_eq!(fired(&rules, 10, &events), [(109, 0, 10)]);
    for seen in &mut events {
        seen.proven = false;
    }
    assert_eq!(fired(&rules, 10, &events), []);
}

#[test]
fn rules_that_cannot_be_are_named() {
    let good = rule(Collector::GoldPass, Compare::Below, 600_000, 10);
    assert!(fault::faults(std::slice::from_ref(&good)).is_empty());
    let bad = [
        Rule {
            value: 1_000_001,
            ..good.clone()
        },
        Rule {
            value: 0,
            ..good.clone()
        },
        Rule {
            after: 0,
            ..good.clone()
        },
        Rule {
            after: 4,
            ..good.clone()
        },
        Rule {
            minutes: 5,
            ..good.clone()
        },
        Rule {
            action: Action::CoolDown,
            ..good.clone()
        },
        rule(Collector::SameInRow, Compare::Below, 5, 1),
        rule(Collector::Abandoned, Compare::AtLeast, 1, 1),
    ];
    for rule in bad {
        assert!(!rule.faults().is_empty(), "{rule:?}");
    }
    let twice = fault::faults(&[good.clone(), good]);
    let twice: Vec<String> = twice.into_iter().map(|it| Told(it).to_string()).collect();
    assert_eq!(twice, ["rule 2: it is rule 1 again"]);
    let unknown = r#"{"collector":"mood","is":"below","value":1,"action":"warn"}"#;
    let error = serde_json::from_str::<Rule>(unknown)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("mood") && error.contains("gold_pass"),
        "{error}"
    );
}

#[test]
fn whom_a_rule_hits_learns_no_number_of_checks_while_the_round_runs() {
    for collector in Collector::ALL {
        let rule = rule(collector, Compare::Below, 600_000, 10);
        let told = rule.told(123_456, 17, false);
        let has_numbers = told.chars().any(|it| it.is_ascii_digit());
        assert_eq!(has_numbers, !collector.is_hidden(), "{told}");
        assert!(rule.told(123_456, 17, true).contains("17"));
    }
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let collectors = prop::sample::select(Collector::ALL.to_vec());
    (collectors, any::<bool>(), 1_u64..1_000_000, 1_u32..8).prop_map(
        |(collector, below, value, after)| {
            let is = if below {
                Compare::Below
            } else {
                Compare::AtLeast
            };
            let small = matches!(
                collector,
                Collector::SameInRow | Collector::SkippedInRow | Collector::Abandoned
            );
            rule(collector, is, if small { value % 6 } else { value }, after)
        },
    )
}

fn any_event() -> impl Strategy<Value = (u32, u32, u8, u16, Option<u16>, u64)> {
    let known = prop::option::of(0_u16..3);
    (
        0_u32..4,
        0_u32..30,
        0_u8..6,
        0_u16..3,
        known,
        0_u64..700_000,
    )
}

proptest! {
    #[test]
    fn the_same_history_fires_the_same_and_survives_a_restart(
        rules in prop::collection::vec(any_rule(), 1..6),
        events in prop::collection::vec(any_event(), 0..120),
        cut in 0_usize..120,
        block in 1_u32..12,
    ) {
        let seen: Vec<Seen> = (1_u64..).zip(&events).map(|(id, event)| {
            let (account, task, how, label, known, time_ms) = *event;
            let outcome = match how {
                0 => Outcome::Skipped,
                1 => Outcome::Abandoned,
                2 => Outcome::Returned,
                _ => Outcome::Answered,
            };
            let mut seen = answer(id, account, task, label);
            seen.visit.outcome = outcome;
            seen.visit.ended_ms = seen.visit.given_ms + time_ms;
            seen.proven = account == 0;
            seen.known = vec![known];
            seen
        }).collect();
        let mut whole = Judge::new(rules.clone(), block);
        let all: Vec<Vec<Fired>> = seen.iter().map(|it| whole.take(it)).collect();
        // A node that starts again takes in what was, without a word, and goes on.
        let cut = cut.min(seen.len());
        let mut again = Judge::new(rules.clone(), block);
        for event in &seen[..cut] {
            again.take(event);
        }
        let rest: Vec<Vec<Fired>> = seen[cut..].iter().map(|it| again.take(it)).collect();
        prop_assert_eq!(&all[cut..], &rest[..]);
        for fired in all.iter().flatten() {
            let rule = &rules[fired.rule];
            prop_assert!(fired.count >= rule.after && rule.holds(fired.value));
        }
    }
}
