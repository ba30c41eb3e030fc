//! The judgement of version 2: who is proven by gold, whom they prove, which blocks that pays for.

use super::verdict::{Bench, Verdict, micronats};
use super::{Carried, EVIDENCE_LIMIT, Judgement};
use crate::dawid_skene::{self, Variant};
use crate::pay::layout::Layout;
use crate::pay::truth::Truths;
use crate::pay::{Block, Decision, Rule};
use crate::table::{Answers, Error};

/// How often the circle of proven workers may grow. Pass n gets the share 2^-n of what may go
/// wrong.
const PASSES: u32 = 6;
/// Rounds of expectation maximisation that find the order of the first tests.
const ORDER_ROUNDS: u32 = 20;

/// Judges all blocks of all workers.
///
/// `gold` has one entry per unit, `None` where the truth is not known in secret. `past` are all
/// blocks of this campaign's previous judgement as it returned them (empty at first; more answers
/// may have come since): blocks keep their extent, and those that were released stay so with their
/// factor. `carried` has one entry per worker, or none at all where everybody is a stranger.
///
/// # Errors
/// [`Error::Rule`], [`Error::Length`] or [`Error::UnknownClass`] for `gold`, [`Error::Length`] for
/// `carried`, [`Error::Past`].
pub fn judge(
    answers: &Answers,
    gold: &[Option<u32>],
    rule: &Rule,
    past: &[Block],
    carried: &[Carried],
) -> Result<Judgement, Error> {
    rule.check(answers.classes())?;
    answers.check_known(gold)?;
    let strangers = vec![Carried::default(); answers.workers() as usize];
    let carried = if carried.is_empty() {
        &strangers
    } else {
        carried
    };
    if carried.len() != strangers.len() {
        return Err(Error::Length {
            list: "carried",
            found: carried.len(),
            needed: strangers.len(),
        });
    }
    let layout = Layout::new(answers, rule.block_length, past)?;
    let bench = Bench::new(answers, rule, &layout, carried);
    let mut proven = vec![false; strangers.len()];
    let mut verdicts = bench.verdicts(&Truths::gold(answers, gold));
    let gold_products: Vec<f64> = verdicts.iter().map(|verdict| verdict.product).collect();
    for pass in 1..=PASSES {
        let order = match pass {
            1 => order(answers, gold, &verdicts)?,
            _ => Vec::new(),
        };
        if !bench.widen(&mut proven, &verdicts, pass, &order) {
            break;
        }
        let counted = bench.rows_of(&verdicts, |block| {
            proven[block.worker as usize]
                && (block.decision != Decision::Held || block.evidence_micronats >= 0)
        });
        verdicts = bench.verdicts(&Truths::gold(answers, gold).with_peers(counted)?);
    }
    for (verdict, (proven, product)) in verdicts.iter_mut().zip(proven.iter().zip(gold_products)) {
        verdict.standing.proven = *proven;
        let evidence = micronats(product).clamp(-EVIDENCE_LIMIT, EVIDENCE_LIMIT);
        verdict.carried.evidence_micronats = evidence;
    }
    let accepted = bench.rows_of(&verdicts, |block| block.decision != Decision::Held);
    Ok(Judgement {
        standings: verdicts.iter().map(|verdict| verdict.standing).collect(),
        carried: verdicts.iter().map(|verdict| verdict.carried).collect(),
        blocks: verdicts.into_iter().flat_map(|v| v.blocks).collect(),
        accepted,
    })
}

/// Workers with gold evidence, those first from whom most is to be expected: information per answer
/// in a consensus of the answers to all *other* units, times their answers to gold.
///
/// Units that are gold are left out altogether, so that the order of content-free workers does not
/// depend on how they fare on gold.
fn order(answers: &Answers, gold: &[Option<u32>], verdicts: &[Verdict]) -> Result<Vec<u32>, Error> {
    let other = |unit: u32| gold[unit as usize].is_none();
    let keep: Vec<bool> = answers.rows().iter().map(|row| other(row.unit)).collect();
    let others = answers.retain(&keep)?;
    let none = vec![None; gold.len()];
    let fit = dawid_skene::fit(&others, &none, Variant::Map, ORDER_ROUNDS);
    let hope = |(worker, verdict): (usize, &Verdict)| {
        let seen = f64::from(verdict.standing.gold_seen);
        let information = crate::detect::information(&fit, worker as u32);
        (seen > 0.0).then_some((seen * information, worker as u32))
    };
    let mut hopes: Vec<_> = verdicts.iter().enumerate().filter_map(hope).collect();
    hopes.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    Ok(hopes.into_iter().map(|(_, worker)| worker).collect())
}
