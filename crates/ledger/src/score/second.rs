//! `headwater-pay@2`: evidence that carries over, gold that can be void, a test before a slash.

use super::{Judged, Table, pay_rule};
use crate::work::Campaign;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use protocol::Rejection;
use protocol::campaign::{Consensus, Method};
use protocol::document::{Outcome, Scores, UnitScore};
use protocol::judging::{Evidence, Review, Shown, Suspension};
use protocol::{AccountId, Ppm};
use quality::detect::GoldTest;
use quality::pay;
use quality::pay::v2::Carried;

/// From this probability on, a label of proven people makes gold of another label void.
const CONTRADICTED_PPM: u32 = 950_000;
/// Share of the gold that may be void, in ppm, before slashing is suspended.
const VOID_PPM: u64 = 50_000;
/// Share of the answers that must be accepted, in ppm, or slashing is suspended.
const ACCEPTED_PPM: u64 = 700_000;
/// Chance in ppm that somebody who is as accurate as the campaign states is slashed.
const SLASH_ALPHA_PPM: u32 = 1_000;

pub(super) fn score(campaign: &Campaign, closing: bool) -> Result<Scores, Rejection> {
    let table = Table::new(campaign)?;
    let gold = table.gold();
    if campaign.spec.rule.gold_share.ppm() == 0 {
        let judged = table.accept_all();
        let review = Review {
            evidence: table.shown(&[]),
            ..Review::default()
        };
        return scores(&table, &gold, judged, review);
    }
    let (judged, carried) = table.judge_carried(&gold, closing)?;
    let void = table.contradicted(&gold, &judged)?;
    if void.is_empty() {
        let review = table.review((&gold, void), &judged, &carried, closing);
        return scores(&table, &gold, judged, review);
    }
    let mut sound = gold;
    for unit in &void {
        sound[*unit as usize] = None;
    }
    let (judged, carried) = table.judge_carried(&sound, closing)?;
    let review = table.review((&sound, void), &judged, &carried, closing);
    scores(&table, &sound, judged, review)
}

/// What a running round shows, were it to end now.
pub(crate) struct Found {
    /// Labels of accepted answers, by unit.
    pub units: Vec<UnitScore>,
    /// Whom the test on gold finds below the stated accuracy.
    pub below: Vec<AccountId>,
}

/// [`Found`] of a campaign that holds the answers and the gold of its open round.
pub(crate) fn look(campaign: &Campaign) -> Result<Found, Rejection> {
    let table = Table::new(campaign)?;
    let gold = table.gold();
    let judged = match campaign.spec.rule.gold_share.ppm() {
        0 => table.accept_all(),
        _ => table.judge_carried(&gold, false)?.0,
    };
    let below = table.below(&gold);
    let scores = scores(&table, &gold, judged, Review::default())?;
    let units = scores.units;
    Ok(Found { units, below })
}

/// What this version reads beyond the first: the algorithm, the accuracy below which it slashes,
/// and what people have brought along.
pub(super) fn put_input(bytes: &mut Vec<u8>, method: &Method, campaign: &Campaign) {
    let mut put = |number: u64| bytes.extend(number.to_be_bytes());
    put(method.algorithm.len() as u64);
    method
        .algorithm
        .bytes()
        .for_each(|byte| put(u64::from(byte)));
    put(u64::from(method.slash_below.ppm()));
    put(campaign.conduct.prior.len() as u64);
    for (account, prior) in &campaign.conduct.prior {
        put(u64::from(account.0));
        put(prior.gold_micronats.cast_unsigned());
        put(u64::from(prior.wealth.ppm()));
        put(u64::from(prior.right_milli));
        put(u64::from(prior.seen_milli));
    }
}

fn scores(
    table: &Table<'_>,
    gold: &[Option<u32>],
    judged: Judged,
    review: Review,
) -> Result<Scores, Rejection> {
    let answers = table.answers.retain(&judged.accepted);
    let answers = answers.map_err(|_| Rejection::OutOfRange)?;
    let labels = infer(table.campaign, &answers, gold)?;
    Ok(Scores {
        units: unit_scores(&answers, &labels),
        contributors: table.contributors(&judged.standings, &judged.blocks),
        blocks: judged.blocks,
        review: Some(review),
    })
}

/// The consensus of a table, by the campaign's rule; the rule's Dawid-Skene is the default
/// inference of `quality` here.
pub(super) fn infer(
    campaign: &Campaign,
    answers: &quality::Answers,
    gold: &[Option<u32>],
) -> Result<quality::Consensus, Rejection> {
    let found = match campaign.spec.rule.consensus {
        Consensus::Majority => Ok(quality::majority(answers)),
        Consensus::DawidSkene => {
            let options = quality::infer::Options::default();
            quality::infer(answers, gold, options).map(|inferred| inferred.consensus)
        }
        Consensus::DawidSkeneCrowdkit => {
            quality::dawid_skene(answers, gold, quality::Variant::Crowdkit).map(|fit| fit.consensus)
        }
    };
    found.map_err(|_| Rejection::OutOfRange)
}

fn unit_scores(answers: &quality::Answers, labels: &quality::Consensus) -> Vec<UnitScore> {
    let count = |unit| u32::try_from(answers.of_unit(unit).len()).expect("rows are 32 bits");
    (0..answers.units())
        .map(|unit| UnitScore {
            label: labels
                .label(unit)
                .and_then(|label| u16::try_from(label).ok()),
            probability: Ppm::new(labels.probability_ppm(unit)).unwrap_or(Ppm::ONE),
            accepted: count(unit),
        })
        .collect()
}

impl Table<'_> {
    /// Judges every block by gold, proven peers and what people have brought along.
    fn judge_carried(
        &self,
        gold: &[Option<u32>],
        closing: bool,
    ) -> Result<(Judged, Vec<Carried>), Rejection> {
        let rule = pay_rule(&self.campaign.spec.rule);
        let prior = |account| self.campaign.conduct.prior.get(account);
        let brought = self.people.iter().map(|account| carried(prior(account)));
        let brought: Vec<Carried> = brought.collect();
        let judgement = pay::v2::judge(&self.answers, gold, &rule, &self.extents(), &brought)
            .map_err(|_| Rejection::OutOfRange)?;
        let judged = self.judged(
            &judgement.blocks,
            judgement.accepted,
            judgement.standings,
            closing,
        );
        Ok((judged, judgement.carried))
    }

    /// Gold units that accepted answers of proven people, gold left aside, surely label otherwise.
    fn contradicted(&self, gold: &[Option<u32>], judged: &Judged) -> Result<Vec<u32>, Rejection> {
        let proven = |worker: u32| {
            let standing = judged.standings.get(worker as usize);
            standing.is_some_and(|standing| standing.proven)
        };
        let rows = self.answers.rows().iter().zip(&judged.accepted);
        let counted: Vec<bool> = rows
            .map(|(row, accepted)| *accepted && proven(row.worker))
            .collect();
        let answers = self.answers.retain(&counted);
        let answers = answers.map_err(|_| Rejection::OutOfRange)?;
        let open = alloc::vec![None; gold.len()];
        let labels = infer(self.campaign, &answers, &open)?;
        let contradicts = |unit: &u32| {
            let known = gold[*unit as usize];
            known.is_some()
                && labels.label(*unit).is_some()
                && labels.label(*unit) != known
                && labels.probability_ppm(*unit) >= CONTRADICTED_PPM
                && answers.of_unit(*unit).len() > 1
        };
        Ok((0..answers.units()).filter(contradicts).collect())
    }

    fn review(
        &self,
        (gold, void): (&[Option<u32>], Vec<u32>),
        judged: &Judged,
        carried: &[Carried],
        closing: bool,
    ) -> Review {
        let count = |void: usize| void as u64 * 1_000_000;
        let total: u64 = judged.blocks.iter().map(|row| u64::from(row.valid)).sum();
        let accepted = judged.accepted.iter().filter(|accepted| **accepted).count();
        let few = closing && count(accepted) < total * ACCEPTED_PPM;
        let many = count(void.len()) > self.campaign.gold.len() as u64 * VOID_PPM;
        let suspended = match () {
            () if many => Some(Suspension::VoidGold),
            () if few => Some(Suspension::FewAccepted),
            () => None,
        };
        Review {
            void,
            suspended,
            slashed: match suspended {
                Some(_) => Vec::new(),
                None => self.slashed(gold, judged),
            },
            evidence: self.shown(carried),
        }
    }

    /// Whom the test on gold finds below the stated accuracy, among those with a rejected block.
    fn slashed(&self, gold: &[Option<u32>], judged: &Judged) -> Vec<AccountId> {
        let rejected = judged
            .blocks
            .iter()
            .filter(|row| row.outcome == Outcome::Rejected);
        let rejected: BTreeSet<AccountId> = rejected.map(|row| row.account).collect();
        let mut below = self.below(gold);
        below.retain(|account| rejected.contains(account));
        below
    }

    fn below(&self, gold: &[Option<u32>]) -> Vec<AccountId> {
        let method = self.campaign.spec.method.as_ref();
        let stated = method.map_or(0, |method| method.slash_below.ppm());
        let test = GoldTest::new(self.answers.classes(), stated, 0, SLASH_ALPHA_PPM);
        let Ok(test) = test else {
            return Vec::new();
        };
        let mut checks: BTreeMap<u32, Vec<bool>> = BTreeMap::new();
        let mut seen: BTreeSet<(u32, u32)> = BTreeSet::new();
        for row in self.answers.rows() {
            // A second answer to the same unit shows nothing new.
            if let Some(truth) = gold[row.unit as usize]
                && seen.insert((row.worker, row.unit))
            {
                let right = row.label == truth;
                checks.entry(row.worker).or_default().push(right);
            }
        }
        let people = (0u32..).zip(&self.people);
        let failed = people.filter(|(worker, _)| {
            let checks = checks.get(worker).into_iter().flatten().copied();
            test.run(checks).crossed.is_some()
        });
        failed.map(|(_, account)| *account).collect()
    }

    fn shown(&self, carried: &[Carried]) -> Vec<Shown> {
        let rows = self.people.iter().enumerate();
        rows.map(|(worker, account)| Shown {
            account: *account,
            evidence: carried.get(worker).map_or(Evidence::default(), evidence),
        })
        .collect()
    }
}

fn carried(prior: Option<&Evidence>) -> Carried {
    prior.map_or(Carried::default(), |prior| Carried {
        evidence_micronats: prior.gold_micronats,
        wealth_ppm: prior.wealth.ppm(),
        right_milli: prior.right_milli,
        seen_milli: prior.seen_milli,
    })
}

fn evidence(carried: &Carried) -> Evidence {
    Evidence {
        gold_micronats: carried.evidence_micronats,
        wealth: Ppm::new(carried.wealth_ppm).unwrap_or(Ppm::ONE),
        right_milli: carried.right_milli.min(carried.seen_milli),
        seen_milli: carried.seen_milli,
    }
}
