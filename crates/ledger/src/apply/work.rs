//! Campaigns: rounds open and close, answers find their blocks, scores take effect.

use crate::State;
use crate::conduct::Conduct;
use crate::work::{Answer, Block, Campaign, Round, SealedBatch, Stage};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use protocol::campaign::Spec;
use protocol::document::Outcome;
use protocol::event::{HoldId, OpenedAnswer};
use protocol::{AccountId, CampaignId, Event, Hash};

pub(super) fn apply(state: &mut State, event: &Event) {
    match event {
        Event::CampaignOpened { .. } | Event::RoundClosed { .. } | Event::RoundForgotten { .. } => {
            apply_ends(state, event)
        }
        Event::RoundOpened {
            campaign,
            first_unit,
            unit_count,
            gold_root,
        } => at(state, *campaign).begin_round(Round {
            first_unit: *first_unit,
            unit_count: *unit_count,
            gold_root: *gold_root,
            sealed: Vec::new(),
            openings: None,
            forgotten: false,
        }),
        Event::BlockOpened {
            campaign,
            account,
            pay,
            deposit,
        } => at(state, *campaign).begin_block(*account, *pay, *deposit),
        Event::AnswersSealed {
            campaign,
            account,
            nonce,
            commitments,
        } => {
            let seq = state.size;
            at(state, *campaign).seal(SealedBatch {
                seq,
                account: *account,
                nonce: *nonce,
                commitments: commitments.clone(),
            });
        }
        Event::AnswerReplaced {
            campaign,
            entry,
            field,
            commitment,
        } => {
            let seq = state.size;
            at(state, *campaign).replace(seq, (*entry, *field), *commitment);
        }
        Event::BlockJudged { .. } | Event::ScoresPosted { .. } | Event::CampaignClosed { .. } => {
            apply_judgement(state, event);
        }
        Event::CampaignSettled { campaign } => {
            state.sections.rewards.settle(*campaign);
            let campaign = at(state, *campaign);
            campaign.stage = Stage::Settled;
            campaign.conduct.digests = Vec::new();
        }
        _ => {}
    }
}

/// Where a campaign begins, where a round ends, and where it is forgotten.
fn apply_ends(state: &mut State, event: &Event) {
    match event {
        Event::CampaignOpened {
            owner,
            spec,
            digests,
        } => {
            let next = u32::try_from(state.campaigns.len()).expect("fewer than 2^32");
            if let Some(bonus) = spec.bonus {
                state.sections.rewards.promise(CampaignId(next), bonus);
            }
            let mut campaign = Campaign::new(*owner, (**spec).clone());
            campaign.conduct.digests.clone_from(digests);
            state.campaigns.push(campaign);
        }
        Event::RoundClosed {
            campaign,
            openings,
            answers,
            gold,
        } => {
            let campaign = &mut state.campaigns[campaign.index()];
            let digests = &campaign.conduct.digests;
            let retired = gold
                .iter()
                .filter_map(|(unit, _)| digests.get(*unit as usize));
            let retired = retired.map(|digest| (campaign.owner, *digest));
            state.practice.retired.extend(retired);
            campaign.gold.extend(gold.iter().copied());
            campaign.take_answers(answers);
            campaign.end_round(*openings);
        }
        Event::RoundForgotten {
            campaign,
            round,
            retired,
        } => {
            let campaign = at(state, *campaign);
            campaign.forget(*round);
            let owner = campaign.owner;
            let retired = retired.iter().map(|digest| (owner, *digest));
            state.practice.retired.extend(retired);
        }
        _ => {}
    }
}

/// What becomes of the work once its round is over.
fn apply_judgement(state: &mut State, event: &Event) {
    match event {
        Event::BlockJudged {
            campaign,
            account,
            block,
            outcome,
            valid,
        } => {
            let work = at(state, *campaign).work.get_mut(account);
            let block = &mut work.expect("a contributor").blocks[*block as usize];
            (block.outcome, block.valid) = (*outcome, *valid);
        }
        Event::ScoresPosted { campaign, .. } => at(state, *campaign).take_scores(event),
        Event::CampaignClosed {
            campaign: id,
            asset,
        } => {
            let id = *id;
            let campaign = at(state, id);
            campaign.stage = Stage::Closed;
            campaign.asset = Some(*asset);
            carry_skills(state, id);
        }
        _ => {}
    }
}

fn at(state: &mut State, id: CampaignId) -> &mut Campaign {
    &mut state.campaigns[id.index()]
}

/// What a closed campaign has shown of its contributors is remembered in its skill.
fn carry_skills(state: &mut State, id: CampaignId) {
    let campaign = &state.campaigns[id.index()];
    for row in &campaign.contributors {
        let key = (row.account, campaign.spec.skill.clone());
        let skill = state.skills.entry(key).or_default();
        let blocks = campaign
            .work
            .get(&row.account)
            .map_or(&[][..], |work| &work.blocks);
        for block in blocks {
            match block.outcome {
                Outcome::Released(_) => skill.released += 1,
                Outcome::Rejected => skill.rejected += 1,
                Outcome::Held => {}
            }
        }
        skill.reputation = row.reputation;
        skill.gold_seen += row.gold_seen;
        skill.gold_right += row.gold_right;
    }
}

impl Campaign {
    fn new(owner: AccountId, spec: Spec) -> Self {
        Self {
            owner,
            spec,
            stage: Stage::Open,
            judgements: 0,
            rounds: Vec::new(),
            work: BTreeMap::new(),
            answers: Vec::new(),
            gold: BTreeMap::new(),
            units: Vec::new(),
            contributors: Vec::new(),
            scores: None,
            asset: None,
            conduct: Conduct::default(),
        }
    }

    fn begin_round(&mut self, round: Round) {
        for work in self.work.values_mut() {
            work.earlier = u32::try_from(work.blocks.len()).expect("fewer than 2^32");
            work.sealed = 0;
        }
        self.conduct.begin_round();
        self.rounds.push(round);
    }

    fn begin_block(&mut self, account: AccountId, pay: HoldId, deposit: HoldId) {
        let round = u32::try_from(self.rounds.len() - 1).expect("fewer than 2^32");
        self.work.entry(account).or_default().blocks.push(Block {
            round,
            pay,
            deposit,
            outcome: Outcome::Held,
            valid: 0,
        });
    }

    fn seal(&mut self, batch: SealedBatch) {
        let count = u32::try_from(batch.commitments.len()).expect("a batch is short");
        self.work.entry(batch.account).or_default().sealed += count;
        let round = self.rounds.last_mut().expect("a round is open");
        round.sealed.push(batch);
    }

    /// The entry that replaces an answer stands among the sealed ones without answers of its own,
    /// so that its private body is kept as long as theirs.
    fn replace(&mut self, seq: u64, (entry, field): (u64, u16), commitment: Hash) {
        let round = self.rounds.last_mut().expect("a round is open");
        let place = round.place(entry).expect("an entry of the round");
        let batch = &mut round.sealed[place];
        batch.commitments[usize::from(field)] = commitment;
        let (account, nonce) = (batch.account, batch.nonce);
        round.sealed.push(SealedBatch {
            seq,
            account,
            nonce,
            commitments: Vec::new(),
        });
    }

    fn end_round(&mut self, openings: Hash) {
        let round = self.rounds.last_mut().expect("a round is open");
        round.sealed = Vec::new();
        round.openings = Some(openings);
    }

    /// Keeps the places of a round's answers, and nothing of what was in them.
    fn forget(&mut self, number: u32) {
        let round = &mut self.rounds[number as usize];
        round.forgotten = true;
        let units = round.units();
        self.gold.retain(|unit, _| !units.contains(unit));
        for answer in &mut self.answers {
            let work = &self.work[&answer.opened.account];
            if work.blocks[answer.block as usize].round == number {
                answer.opened.given = None;
            }
        }
    }

    fn take_scores(&mut self, event: &Event) {
        if let Event::ScoresPosted {
            scores,
            units,
            contributors,
            closing,
            ..
        } = event
        {
            self.judgements += 1;
            self.scores = Some(*scores);
            self.units.clone_from(units);
            self.contributors.clone_from(contributors);
            if *closing {
                self.stage = Stage::Scored;
            }
        }
    }

    /// Puts a round's answers into the blocks that were reserved for them when they were sealed.
    pub(crate) fn take_answers(&mut self, opened: &[OpenedAnswer]) {
        let length = u32::from(self.spec.rule.block_length);
        let mut counts: BTreeMap<AccountId, u32> = BTreeMap::new();
        for opened in opened {
            let count = counts.entry(opened.account).or_default();
            let earlier = self
                .work
                .get(&opened.account)
                .map_or(0, |work| work.earlier);
            self.answers.push(Answer {
                opened: *opened,
                block: earlier + *count / length,
            });
            *count += 1;
        }
    }
}
