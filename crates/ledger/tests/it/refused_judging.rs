//! Rejections of campaigns with a method: appeals, verdicts, gold that was stated otherwise.

use crate::refused::Outcome;
use crate::script::play;
use protocol::Rejection;

const WORK: &str = "
    join req ann bob cid spam joe
    deposit req 3000
    deposit bob 300
    deposit cid 300
    deposit ann 300
    deposit spam 300
    campaign req judged budget=2000 panel:joe slash=700000
    round 0 gold=10
    seal ann 0
    seal bob 0
    seal cid 0 to=10
    seal spam 0 from=10 always=1
";

/// A campaign with a panel in which one block is rejected.
pub const REJECTED: &str = "
    join jim kim
    join req ann bob spam joe
    deposit req 3000
    deposit ann 300
    deposit bob 300
    deposit spam 300
    campaign req judged panel:joe panel:jim panel:kim
    round 0 gold=10
    seal ann 0
    seal bob 0
    seal spam 0 to=10 always=1
    open 0
    score 0 closing
";

const JUDGED: &str = "
    open 0
    score 0 closing
    appeal spam 0 0
";

pub fn judging(rejection: Rejection) -> Option<Outcome> {
    let (before, line) = story(rejection).or_else(|| other_story(rejection))?;
    let words = before.replace("WORK", WORK).replace("JUDGED", JUDGED);
    let words = words
        .replace(" wait 3000", "\nwait 3000")
        .replace(" pause 0", "\npause 0");
    let (_, shown) = play(&format!("{words}\n{line}"));
    let said: Vec<_> = shown.lines().filter(|line| line.contains("->")).collect();
    let expected = format!("{line}  -> {}", rejection.code());
    Some(if said == [expected] {
        Err(rejection)
    } else {
        Ok(())
    })
}

/// What is played, and the line that must be refused.
fn story(rejection: Rejection) -> Option<(&'static str, &'static str)> {
    Some(match rejection {
        Rejection::NotRejected => ("WORK JUDGED", "appeal ann 0 0"),
        Rejection::AppealsOver => ("WORK JUDGED wait 3000", "verdict joe 0 spam 0 upheld"),
        Rejection::AlreadyAppealed => ("WORK JUDGED", "appeal spam 0 0"),
        Rejection::UnknownAppeal => ("WORK JUDGED", "verdict joe 0 spam 1 upheld"),
        Rejection::NotOnPanel => ("WORK JUDGED", "verdict ann 0 spam 0 upheld"),
        Rejection::AlreadyJudged => (
            "join jim kim
            join req ann bob spam joe
            deposit req 3000
            deposit ann 300
            deposit bob 300
            deposit spam 300
            campaign req judged panel:joe panel:jim panel:kim
            round 0 gold=10
            seal ann 0
            seal bob 0
            seal spam 0 to=10 always=1
            open 0
            score 0 closing
            appeal spam 0 0
            verdict joe 0 spam 0 upheld",
            "verdict joe 0 spam 0 upheld",
        ),
        Rejection::PanelMember => ("WORK", "seal joe 0"),
        Rejection::AccountPaused => ("WORK pause 0 spam", "seal spam 0"),
        Rejection::UnknownAnswer => ("WORK", "undo bob 0 14"),
        Rejection::AnswerUsed => ("WORK pause 0 spam", "undo ann 0 14"),
        _ => return None,
    })
}

/// The same for campaigns of other kinds.
fn other_story(rejection: Rejection) -> Option<(&'static str, &'static str)> {
    Some(match rejection {
        Rejection::NoPanel => (
            "join req spam ann
            deposit req 1000
            deposit spam 300
            deposit ann 300
            campaign req judged
            round 0 gold=10
            seal spam 0 always=1
            seal ann 0
            open 0
            score 0 closing",
            "appeal spam 0 0",
        ),
        Rejection::GoldUnbalanced => (
            "join req
            deposit req 1000
            campaign req judged
            round 0 gold=10 class=1",
            "open 0",
        ),
        Rejection::GoldRetired => (
            "join req
            deposit req 2000
            campaign req judged
            round 0 gold=10
            open 0
            campaign req judged
            round 1 gold=10",
            "open 1",
        ),
        _ => return None,
    })
}
