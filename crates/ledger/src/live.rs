//! The live rule: which units of a running round are sure, and against whom its gold speaks.

use crate::score::second;
use crate::work::{Campaign, Round};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use protocol::campaign::Spec;
use protocol::document::AnswerOpening;
use protocol::event::OpenedAnswer;
use protocol::{AccountId, CampaignId, Hash, Rejection, Space};

/// An answer of the open round behind its seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The entry that has sealed it.
    pub seq: u64,
    /// Who gave it.
    pub account: AccountId,
    /// Unit and label; `None` where nobody has opened it.
    pub given: Option<(u32, u16)>,
}

/// What the live rule finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Ordinary units of the round whose label is at least as probable as the campaign's target,
    /// ascending.
    pub sure: Vec<u32>,
    /// Accounts that the test on gold finds below the stated accuracy, ascending.
    pub below: Vec<AccountId>,
}

/// The openings of a round by its seals, in log order; `None` where their numbers differ.
pub fn sealed(round: &Round, openings: &[Option<AnswerOpening>]) -> Option<Vec<Sealed>> {
    let mut openings = openings.iter();
    let mut sealed = Vec::new();
    for batch in &round.sealed {
        for _ in &batch.commitments {
            let opening = openings.next()?;
            sealed.push(Sealed {
                seq: batch.seq,
                account: batch.account,
                given: opening
                    .as_ref()
                    .map(|opening| (opening.unit, opening.label)),
            });
        }
    }
    openings.next().is_none().then_some(sealed)
}

/// SHA-256 over the answers that a finding rests on, as `CloseUnits` and `PauseAccount` name it.
pub fn evidence(space: Space, id: CampaignId, sealed: &[Sealed]) -> Hash {
    let mut bytes = Vec::new();
    for answer in sealed {
        let (unit, label) = answer.given.unwrap_or((u32::MAX, u16::MAX));
        bytes.extend(answer.seq.to_be_bytes());
        bytes.extend(answer.account.0.to_be_bytes());
        bytes.extend(unit.to_be_bytes());
        bytes.extend(label.to_be_bytes());
    }
    Hash(proof::hash::sha256(&[
        b"headwater/live/v1\0",
        &space.0,
        &id.0.to_be_bytes(),
        &bytes,
    ]))
}

/// Judges the open round as if it ended with these answers. `gold` is that of the round.
///
/// # Errors
/// Where the campaign has no method, or scoring would refuse its table.
pub fn look(
    campaign: &Campaign,
    sealed: &[Sealed],
    gold: &[(u32, u16)],
) -> Result<Look, Rejection> {
    let method = campaign.spec.method.as_ref();
    let method = method.ok_or(Rejection::CampaignState)?;
    let round = campaign.open_round().ok_or(Rejection::RoundState)?;
    let units = round.units();
    let mut now = campaign.clone();
    now.take_answers(&counted(campaign, round, sealed));
    now.gold.extend(gold.iter().copied());
    // Whoever has answered nothing yet must make no difference, as an audit sees them too.
    let active: BTreeSet<AccountId> = now.answers.iter().map(|it| it.opened.account).collect();
    now.work.retain(|account, _| active.contains(account));
    let found = second::look(&now)?;
    let target = method.target.ppm();
    let sure = |unit: &u32| {
        let score = &found.units[*unit as usize];
        let labelled = score.label.is_some() && score.probability.ppm() >= target;
        target > 0 && labelled && !now.gold.contains_key(unit)
    };
    Ok(Look {
        sure: units.filter(sure).collect(),
        below: found.below,
    })
}

/// The answers of a round with nothing in those that do not count: unopened, of another round's
/// unit, forbidden repetitions, beyond what was wanted, or after their unit was closed.
pub(crate) fn counted(campaign: &Campaign, round: &Round, sealed: &[Sealed]) -> Vec<OpenedAnswer> {
    let mut tally = Tally::default();
    let units = round.units();
    let counts = |answer: &Sealed, tally: &mut Tally| {
        let (unit, label) = answer.given?;
        let closed = campaign.conduct.closed.get(&unit);
        let wanted = units.contains(&unit)
            && closed.is_none_or(|closed| answer.seq < closed.seq)
            && tally.take(&campaign.spec, answer.account, (unit, label));
        wanted.then_some((unit, label))
    };
    let opened = sealed.iter().map(|answer| OpenedAnswer {
        account: answer.account,
        given: counts(answer, &mut tally),
    });
    opened.collect()
}

/// Answers of a round that count so far.
#[derive(Default)]
struct Tally {
    seen: BTreeSet<(AccountId, u32)>,
    per_unit: BTreeMap<u32, u16>,
}

impl Tally {
    /// Whether an answer on a unit of the round counts: a label of the campaign, no forbidden
    /// repetition, and not more per unit than were wanted, so that nobody sells one answer from
    /// many accounts until the budget is gone.
    fn take(&mut self, spec: &Spec, account: AccountId, (unit, label): (u32, u16)) -> bool {
        let known = usize::from(label) < spec.classes.len();
        let fresh = self.seen.insert((account, unit));
        let given = self.per_unit.entry(unit).or_default();
        let counts = known && (fresh || spec.repeats) && *given < spec.overlap;
        *given += u16::from(counts);
        counts
    }
}
