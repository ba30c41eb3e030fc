//! What closes and scores a round: openings, gold and input are those that were committed to.

use crate::kit::ppm;
use crate::world::World;
use ledger::score;
use protocol::command::{CloseRound, PostScores};
use protocol::document::Openings;
use protocol::{CampaignId, Command, Rejection, codec};

/// A campaign without judged gold, in which `ann` has given these answers.
fn answered(repeats: bool, answers: &[(u32, u16)]) -> World {
    let mut world = World::new(1);
    world.join("req");
    world.join("ann");
    world.deposit("req", 0, 2_000, 2_000).unwrap();
    let mut spec = world.spec(1, 20);
    spec.rule.gold_share = ppm(0);
    spec.repeats = repeats;
    world.does("req", Command::OpenCampaign(spec));
    world.round(0, &[Some(0), None, Some(1)]).unwrap();
    world.seal("ann", 0, answers).unwrap();
    world
}

fn close(world: &mut World, bend: impl Fn(&mut Openings)) -> Result<(), Rejection> {
    let mut openings = world.openings(0, "");
    bend(&mut openings);
    let openings = world.shelf.put(codec::encode(&openings));
    let campaign = CampaignId(0);
    let close = CloseRound { campaign, openings };
    world.ask("operator", Command::CloseRound(close))
}

#[test]
fn gold_and_answers_are_those_that_were_committed_to() {
    let mut world = answered(false, &[(0, 0), (1, 1)]);
    let bends: [fn(&mut Openings); 7] = [
        |openings| openings.gold[0].label = Some(1),
        |openings| openings.gold[1].label = Some(0),
        |openings| openings.gold[2].label = None,
        |openings| openings.gold.truncate(2),
        |openings| openings.answers.truncate(1),
        |openings| openings.answers.swap(0, 1),
        |openings| openings.answers[0].as_mut().unwrap().unit = 2,
    ];
    for bend in bends {
        assert_eq!(close(&mut world, bend), Err(Rejection::OpeningMismatch));
    }
    assert_eq!(close(&mut world, |_| ()), Ok(()));
}

#[test]
fn scores_of_another_input_are_refused() {
    let mut world = answered(false, &[(0, 0)]);
    close(&mut world, |_| ()).unwrap();
    let campaign = CampaignId(0);
    let scores = codec::encode(&world.scores(0, true));
    let mut input = score::input_root(world.state.space, campaign, &world.state.campaigns[0]);
    input.0[0] ^= 1;
    let post = PostScores {
        campaign,
        algorithm: score::ALGORITHM.into(),
        input,
        scores: world.shelf.put(scores),
        closing: true,
    };
    let refused = world.ask("operator", Command::PostScores(post));
    assert_eq!(refused, Err(Rejection::ScoreMismatch));
}

#[test]
fn a_repeated_or_misplaced_answer_counts_only_where_it_may() {
    let answers = [(1, 0), (1, 0), (1, 2), (3, 0)];
    for (repeats, earned) in [(false, 10), (true, 20)] {
        let mut world = answered(repeats, &answers);
        close(&mut world, |_| ()).unwrap();
        let scores = world.scores(0, true);
        world.post_scores(0, &scores, true).unwrap();
        assert_eq!(world.earned("ann", 0), earned);
        world.replay();
    }
}

#[test]
fn answers_beyond_the_overlap_do_not_count() {
    let mut world = answered(false, &[(0, 0), (1, 1)]);
    for name in ["bob", "eve", "joe"] {
        world.join(name);
        world.seal(name, 0, &[(0, 0)]).unwrap();
    }
    close(&mut world, |_| ()).unwrap();
    let campaign = &world.state.campaigns[0];
    let overlap = usize::from(campaign.spec.overlap);
    let given = campaign
        .answers
        .iter()
        .filter_map(|answer| answer.opened.given);
    let of_first = given.filter(|(unit, _)| *unit == 0).count();
    assert_eq!((overlap, of_first), (3, 3));
    assert_eq!(campaign.answers.last().unwrap().opened.given, None);
}

#[test]
fn the_operator_may_close_what_its_requester_leaves_behind() {
    let mut world = answered(false, &[(0, 0)]);
    close(&mut world, |_| ()).unwrap();
    let scores = world.scores(0, true);
    world.post_scores(0, &scores, true).unwrap();
    let end = Command::CloseCampaign(CampaignId(0));
    assert_eq!(world.ask("ann", end.clone()), Err(Rejection::NotOwner));
    assert_eq!(world.ask("operator", end), Ok(()));
    let asset = &world.state.assets[0].registered;
    assert_eq!(asset.owner, world.state.campaigns[0].owner);
}
