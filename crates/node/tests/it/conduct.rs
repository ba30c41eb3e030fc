//! People in a campaign: rejected and appealed, stopped by rules, reviewed, taught.

use crate::house::{House, TASKS, draft, seal_as};
use crate::world::Person;
use node::appeal;
use node::draft::{Conduct, Draft};
use node::rule::{Action, Collector, Compare, Rule};
use node::ticket::wait_for;
use node::workplace::Refused;
use protocol::judging::{Appeal, Verdict};
use protocol::{AccountId, Amount, CampaignId, Command};
use std::time::Duration;

/// Everybody answers all that they are given; those from `honest` on always say the same.
fn work_through(house: &House, campaign: CampaignId, crowd: &mut [Person], honest: usize) {
    loop {
        let mut answered = 0;
        for (place, person) in crowd.iter_mut().enumerate() {
            let tasks = wait_for(house.workplace.lease(campaign, person.account, 4));
            for task in tasks.unwrap_or_default() {
                let unit = task.units[0].0;
                let truth = u16::from(!unit.is_multiple_of(2));
                let label = if place < honest { truth } else { 1 - truth };
                house.accepted(seal_as(person, campaign, &[(unit, label)]));
                answered += 1;
            }
        }
        if answered == 0 {
            return;
        }
    }
}

fn cases(house: &House, own: AccountId) -> Vec<appeal::Case> {
    found(house, |state| appeal::own(state, own))
}

fn docket(house: &House, own: AccountId) -> Vec<appeal::Case> {
    found(house, |state| appeal::docket(state, own))
}

fn found(house: &House, places: impl Fn(&node::State) -> Vec<appeal::Place>) -> Vec<appeal::Case> {
    let units = |id: CampaignId| house.workplace.units(id).ok();
    let host = &house.host;
    host.read(|state| appeal::cases(state, &places(state), units))
}

fn earned(house: &House, own: AccountId) -> Amount {
    let sums = house
        .host
        .read(|state| node::earnings::earnings(state, own));
    sums.unwrap().accepted_units
}

/// A requester, five who work of whom the last answers wrongly, and a panel of three.
fn judged() -> (tempfile::TempDir, House, Vec<Person>, CampaignId) {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let mut people = house.people(9);
    let fund = house.give(&people[0], 10_000_000);
    for person in &people[1..6] {
        house.give(person, 1_000_000);
    }
    let panel: Vec<u32> = people[6..].iter().map(|it| it.account.0).collect();
    let with_panel = Draft {
        panel,
        verdict_units: Amount::new(500).unwrap(),
        overlap: 5,
        ..draft()
    };
    let campaign = house.campaign(&mut people[0], fund, &with_panel);
    work_through(&house, campaign, &mut people[1..6], 4);
    house.advance(0);
    (dir, house, people, campaign)
}

#[test]
fn a_rejected_block_is_shown_appealed_upheld_and_paid() {
    let (_dir, house, mut people, campaign) = judged();
    let own = people[5].account;
    let found = cases(&house, own);
    assert!(!found.is_empty(), "who always errs is rejected");
    let case = &found[0];
    assert_eq!((case.status, case.no_appeal), ("rejected", None));
    assert!(case.until_ms > 0 && !case.units.is_zero());
    assert!(!case.items.is_empty());
    let check = case.items.iter().find(|item| item.known.is_some());
    let check = check.expect("some were hidden checks");
    assert_ne!(check.known.as_ref(), Some(&check.answer));
    assert!(case.rule.to_string().contains("Here 0 of"), "{}", case.rule);
    assert_eq!(docket(&house, people[6].account), [], "nobody has appealed");
    let block = case.block;
    house.accepted(people[5].sign(Command::Appeal(Appeal { campaign, block })));
    assert_eq!(cases(&house, own)[0].status, "appealed");
    let before = earned(&house, own);
    let queue = docket(&house, people[6].account);
    assert_eq!((queue.len(), queue[0].account), (1, own.0));
    let verdict = |upheld| {
        Command::GiveVerdict(Verdict {
            campaign,
            account: own,
            block,
            upheld,
        })
    };
    house.accepted(people[6].sign(verdict(true)));
    assert_eq!(
        earned(&house, own),
        before,
        "held until more than half have spoken"
    );
    house.accepted(people[7].sign(verdict(true)));
    let decided = cases(&house, own);
    assert_eq!(decided[0].status, "upheld");
    assert_eq!(docket(&house, people[8].account)[0].status, "upheld");
    let paid = earned(&house, own).checked_sub(before).unwrap();
    assert_eq!(paid, decided[0].units);
    assert!(!paid.is_zero());
    let state = |state: &node::State| node::earnings::earnings(state, own);
    let sums = house.host.read(state).unwrap();
    let shown = sums.blocks.iter().find(|block| block.status == "upheld");
    assert_eq!(shown.map(|block| block.units), Some(paid));
    assert_eq!(earned(&house, people[6].account), Amount::new(500).unwrap());
    house.stop();
}

#[test]
fn judged_blocks_are_told_of_and_everybody_has_a_state() {
    let (_dir, house, people, campaign) = judged();
    let units = house.workplace.units(campaign).unwrap();
    let newest = |own: AccountId, most: usize| {
        let read = |state: &node::State| {
            node::feedback::feedback(state, campaign, (own, most), Some(&units))
        };
        house.host.read(read)
    };
    let told = |own: AccountId| newest(own, usize::MAX);
    let all = told(people[1].account);
    assert_eq!(newest(people[1].account, 1), all[all.len() - 1..]);
    assert!(newest(people[1].account, 0).is_empty());
    let good = &told(people[1].account)[0];
    assert_eq!((good.outcome, good.right), ("released", good.seen));
    assert!(good.above_chance_ppm[0] > 0 && good.mistake.is_none());
    let bad = &told(people[5].account)[0];
    assert_eq!((bad.outcome, bad.right), ("rejected", 0));
    assert!(bad.above_chance_ppm[2] < 0, "{bad:?}");
    assert!(!bad.look_at.is_empty());
    let beside = node::participant::Beside {
        endings: house
            .workplace
            .ask(|desk| desk.endings(campaign, None))
            .unwrap(),
        ..Default::default()
    };
    let all = house
        .host
        .read(|state| node::participant::participants(state, campaign, &beside));
    let words: Vec<&str> = all.unwrap().iter().map(|it| it.status.word()).collect();
    assert_eq!(
        words,
        ["approved", "approved", "approved", "approved", "rejected"]
    );
    let levels = house
        .host
        .read(|state| node::level::standings(state, people[1].account));
    assert_eq!(levels.len(), 1);
    assert!(levels[0].bound_ppm > 500_000, "{levels:?}");
    house.stop();
}

fn rule(collector: Collector, is: Compare, (value, after): (u64, u32), action: Action) -> Rule {
    Rule {
        collector,
        is,
        value,
        after,
        action,
        minutes: if action == Action::CoolDown { 5 } else { 0 },
    }
}

/// A campaign with rules in which two people have just broken one each.
fn broken(dir: &std::path::Path) -> (House, Vec<Person>, CampaignId) {
    let mut house = House::start(dir);
    let (mut people, fund) = house.funded(4);
    let at_least = Compare::AtLeast;
    let rules = vec![
        rule(Collector::SameInRow, at_least, (4, 1), Action::CoolDown),
        rule(Collector::SkippedInRow, at_least, (3, 1), Action::Pause),
        rule(
            Collector::GoldPass,
            Compare::Below,
            (600_000, 5),
            Action::Warn,
        ),
    ];
    let conduct = Conduct {
        rules,
        ..Conduct::default()
    };
    let ruled = Draft { conduct, ..draft() };
    let campaign = house.campaign(&mut people[0], fund, &ruled);
    for _ in 0..4 {
        let unit = house.lease(campaign, &people[1], 1)[0];
        house.accepted(seal_as(&mut people[1], campaign, &[(unit, 0)]));
    }
    let bob = people[2].account;
    for _ in 0..3 {
        let task = wait_for(house.workplace.lease(campaign, bob, 1)).unwrap()[0]
            .lease
            .task;
        let reason = Some("no".to_owned());
        wait_for(house.workplace.give_back((campaign, bob), task, reason)).unwrap();
    }
    house.workplace.write(Vec::new()).unwrap();
    house.advance(0);
    (house, people, campaign)
}

#[test]
fn rules_stop_cool_down_and_are_lifted_also_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (house, people, campaign) = broken(dir.path());
    let (ann, bob) = (people[1].account, people[2].account);
    let fired = house.workplace.firings(campaign).unwrap();
    let who = fired.iter().map(|it| (it.account, it.rule, it.value));
    assert_eq!(who.collect::<Vec<_>>(), [(ann, 0, 4), (bob, 1, 3)]);
    let stopped = |house: &House, own| {
        let leased = wait_for(house.workplace.lease(campaign, own, 1));
        matches!(leased, Err(Refused::Stopped(_)))
    };
    assert!(stopped(&house, ann) && stopped(&house, bob));
    assert!(!stopped(&house, people[3].account));
    house.stop();
    let mut house = House::start(dir.path());
    assert!(
        stopped(&house, ann) && stopped(&house, bob),
        "the desk has kept it"
    );
    house.advance(0);
    let again = house.workplace.firings(campaign).unwrap();
    assert_eq!(again, fired, "nothing fires twice");
    house.advance(6 * 60_000);
    assert!(!stopped(&house, ann), "five minutes are over");
    let own = people[0].account;
    let lift = |house: &House| house.workplace.lift(campaign, fired[1].id, own).unwrap();
    assert!(lift(&house));
    assert!(!stopped(&house, bob), "the requester has lifted it");
    assert!(!lift(&house));
    house.stop();
}

#[test]
fn checks_that_go_wrong_pause_at_the_end_of_a_block_and_send_it_to_review() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let (mut people, fund) = house.funded(5);
    let check = |action| rule(Collector::GoldPass, Compare::Below, (600_000, 5), action);
    let ruled = Draft {
        conduct: Conduct {
            rules: vec![check(Action::Review), check(Action::Pause)],
            ..Conduct::default()
        },
        block_length: 20,
        ..draft()
    };
    let campaign = house.campaign(&mut people[0], fund, &ruled);
    let wrong = people[1].account;
    let mut answered = 0;
    while answered < 30 {
        let leased = wait_for(house.workplace.lease(campaign, wrong, 1));
        let Ok(tasks) = leased else { break };
        let unit = tasks[0].units[0].0;
        let label = u16::from(unit.is_multiple_of(2));
        house.accepted(seal_as(&mut people[1], campaign, &[(unit, label)]));
        house.workplace.write(Vec::new()).unwrap();
        house.steward.turn().unwrap();
        answered += 1;
    }
    assert_eq!(
        answered, 20,
        "the first full block tells, and no answer before it"
    );
    let asked = house.workplace.ask(|desk| desk.asked(campaign)).unwrap();
    assert_eq!(asked.len(), 20);
    assert!(asked.iter().all(|it| it.why == "rule"));
    let stopped = house.workplace.stopped(campaign);
    assert_eq!(stopped.into_iter().collect::<Vec<_>>(), [wrong]);
    house.stop();
}

#[test]
fn words_of_an_appeal_are_kept_before_they_are_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let mut people = house.people(1);
    let (own, campaign, block) = (people[0].account, CampaignId(0), 2);
    let mut appeal = people[0].sign(Command::Appeal(Appeal { campaign, block }));
    assert!(
        house.workplace.heard(&appeal, 7).is_none(),
        "nothing was said"
    );
    appeal.body = protocol::codec::encode(&ledger::commitment::Statement {
        text: "look again".to_owned(),
        salt: protocol::Hash([7; 32]),
    });
    let kept = house.workplace.heard(&appeal, 7).unwrap();
    assert_eq!(kept.wait(Duration::MAX), Some(Ok(Ok(()))));
    let said = house.workplace.said(campaign, own, block).unwrap();
    assert_eq!(said, [(own.0, "look again".to_owned())]);
    house.stop();
}

#[test]
fn unsure_and_drawn_tasks_go_to_review_and_disagreement_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let (mut people, fund) = house.funded(5);
    let reviewed = Draft {
        conduct: Conduct {
            review_share_ppm: 1_000_000,
            ..Conduct::default()
        },
        ..draft()
    };
    let campaign = house.campaign(&mut people[0], fund, &reviewed);
    work_through(&house, campaign, &mut people[1..], 4);
    house.advance(0);
    let asked = house.workplace.ask(|desk| desk.asked(campaign)).unwrap();
    assert_eq!(asked.len(), TASKS as usize);
    let units = house.workplace.units(campaign).unwrap();
    let files = house.place.files();
    let few = node::export::head(&house.host, &files, (campaign, 2), units.clone())
        .unwrap()
        .unwrap();
    let exported = node::export::export(&house.host, &files, campaign, units)
        .unwrap()
        .unwrap();
    let [first, all] = [&few, &exported].map(|own| own.tasks().map(|it| (it.label, it.answers)));
    assert!(first.eq(all.take(2)), "the same two");
    let found = node::disagreement::disagreement(&exported);
    assert_eq!(found.tasks.len(), TASKS as usize);
    assert!(found.tasks.iter().all(|task| task.entropy_ppm == 0));
    assert!(
        found
            .pairs
            .iter()
            .all(|pair| pair.both == pair.alike && pair.one < pair.other)
    );
    let answers: usize = found.tasks.iter().map(|task| task.answers.len()).sum();
    let both: u32 = found.pairs.iter().map(|pair| pair.both).sum();
    assert_eq!((answers, both), (TASKS as usize * 3, TASKS * 3));
    let sums: Vec<u32> = found.confusion.iter().map(|row| row.iter().sum()).collect();
    assert_eq!(sums, [TASKS / 2 * 3, TASKS / 2 * 3]);
    assert_eq!(found.confusion[0][1], 0);
    house.stop();
}

#[test]
fn training_is_paid_flat_and_counts_first_answers() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let mut people = house.people(3);
    let fund = house.give(&people[0], 10_000_000);
    let lesson = Draft {
        conduct: Conduct {
            training: true,
            screening_ppm: 700_000,
            ..Conduct::default()
        },
        overlap: 2,
        ..draft()
    };
    let campaign = house.campaign(&mut people[0], fund, &lesson);
    work_through(&house, campaign, &mut people[1..], 1);
    house.workplace.write(Vec::new()).unwrap();
    house.advance(0);
    let lessons = |own| {
        house
            .workplace
            .ask(|desk| desk.lessons(campaign, own))
            .unwrap()
    };
    assert_eq!(lessons(people[1].account), (TASKS / 2, TASKS / 2));
    assert_eq!(lessons(people[2].account), (0, TASKS / 2));
    let kept = |task: &u32| {
        let place = (campaign, people[2].account);
        house
            .workplace
            .ask(|desk| desk.has_lesson(place, *task))
            .unwrap()
    };
    assert_eq!((0..TASKS).filter(kept).count(), TASKS as usize / 2);
    assert!(node::level::bound_ppm(20, 20) > 700_000 && node::level::bound_ppm(0, 20) < 700_000);
    // Nothing judges it: both are paid, also who is screened out.
    for person in &people[1..] {
        assert_eq!(earned(&house, person.account), Amount::new(40_000).unwrap());
    }
    house.stop();
}
