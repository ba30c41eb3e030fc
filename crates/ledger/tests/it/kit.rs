//! One function per command, with the parts that do not matter filled in.

use crate::world::{FAR_MS, SPACE, World, units};
use ledger::commitment::{self, AnswerPlace};
use ledger::{claims, score};
use protocol::campaign::{Consensus, Rule, Spec, Weighting};
use protocol::chain::NoteRefund;
use protocol::command::{
    CloseEpoch, CloseRound, CreditDeposit, GrantAllowance, OpenRound, PostScores, PostSegment,
    SealAnswers, UsageTotal,
};
use protocol::document::{AnswerOpening, GoldOpening, Openings, Scores, Unit, Units};
use protocol::event::PurseOwner;
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::{Demand, Terms};
use protocol::{
    AllowanceId, AssetId, CampaignId, Command, EpochId, FundId, Hash, Ppm, Rejection, TokenId,
    codec,
};

type Outcome = Result<(), Rejection>;

/// What the operator and the contributors know of an open round.
#[derive(Default)]
pub struct Secret {
    pub gold: Vec<GoldOpening>,
    pub answers: Vec<(String, AnswerOpening)>,
}

pub fn ppm(parts: u32) -> Ppm {
    Ppm::new(parts).unwrap()
}

pub fn salt(number: usize) -> Hash {
    Hash(proof::hash::sha256(&[b"salt", &number.to_be_bytes()]))
}

pub fn terms(demand: Demand, price: u128) -> Terms {
    Terms {
        purposes: vec!["inference".into(), "research".into()],
        token: TokenId(0),
        price_units: units(price),
        demand,
        contributors_share: ppm(600_000),
        expires_ms: None,
    }
}

impl World {
    /// A campaign with two classes whose content-free blocks pass with chance one half at most.
    pub fn spec(&mut self, fund: u64, unit_count: u32) -> Spec {
        self.spec_of(fund, unit_count, 0)
    }

    /// [`World::spec`] over other units, by what their names begin with.
    pub fn spec_of(&mut self, fund: u64, unit_count: u32, prefix: u64) -> Spec {
        let prefix = if prefix == 0 {
            String::new()
        } else {
            format!("{prefix}.")
        };
        let row = |number| Unit {
            name: format!("{prefix}u{number}"),
            text: None,
        };
        let rows = (0..unit_count).map(row).collect();
        Spec {
            title: "is it spam".into(),
            skill: "spam".into(),
            classes: vec!["no".into(), "yes".into()],
            units: self.shelf.put(codec::encode(&Units { rows, brief: None })),
            unit_count,
            fund: FundId(fund),
            budget_units: units(1_000),
            price_units: units(10),
            overlap: 3,
            repeats: false,
            rule: Rule {
                consensus: Consensus::Majority,
                gold_share: ppm(500_000),
                block_length: 10,
                beta: ppm(500_000),
                reference_accuracy: ppm(700_000),
                judgements: 2,
            },
            appeal_ms: 5_000,
            terms: terms(Demand::Floor(ppm(100_000)), 5),
            weighting: Weighting::AcceptedAnswers,
            method: None,
            bonus: None,
        }
    }

    pub fn deposit(&mut self, name: &str, token: u16, amount: u128, cap: u128) -> Outcome {
        let deposit = CreditDeposit {
            fund: FundId(self.state.funds.len() as u64 + 1),
            account: self.id(name),
            token: TokenId(token),
            amount_units: units(amount),
            epoch_cap_units: units(cap),
            closes_ms: FAR_MS,
        };
        self.ask("operator", Command::CreditDeposit(deposit))
    }

    /// Opens a round over the next units; `gold` tells the known label of each.
    pub fn round(&mut self, campaign: u32, gold: &[Option<u16>]) -> Outcome {
        let gold: Vec<_> = (0..)
            .zip(gold)
            .map(|(number, label)| GoldOpening {
                label: *label,
                salt: salt(number),
            })
            .collect();
        let first_unit = self
            .state
            .campaign(CampaignId(campaign))
            .map_or(0, |campaign| campaign.units_out());
        let id = CampaignId(campaign);
        let round = OpenRound {
            campaign: id,
            first_unit,
            unit_count: u32::try_from(gold.len()).unwrap(),
            gold_root: commitment::gold_root(SPACE, id, first_unit, &gold),
        };
        self.ask("operator", Command::OpenRound(round))?;
        let answers = Vec::new();
        self.secrets.insert(campaign, Secret { gold, answers });
        Ok(())
    }

    pub fn seal(&mut self, name: &str, campaign: u32, answers: &[(u32, u16)]) -> Outcome {
        let opening = |(at, (unit, label)): (usize, &(u32, u16))| AnswerOpening {
            unit: *unit,
            label: *label,
            salt: salt(at),
            text: None,
        };
        self.seal_all(
            name,
            campaign,
            answers.iter().enumerate().map(opening).collect(),
        )
    }

    pub fn seal_all(&mut self, name: &str, campaign: u32, openings: Vec<AnswerOpening>) -> Outcome {
        let account = self.id(name);
        let nonce = self.actor(name).nonce + 1;
        let commit = |(field, opening)| {
            let place = AnswerPlace {
                space: SPACE,
                account,
                nonce,
                field,
            };
            commitment::answer(place, opening)
        };
        let commitments = (0u16..).zip(&openings).map(commit).collect();
        let sealed = SealAnswers {
            campaign: CampaignId(campaign),
            commitments,
        };
        self.ask(name, Command::SealAnswers(sealed))?;
        let known = self.secrets.entry(campaign).or_default();
        let named = openings.into_iter().map(|opening| (name.into(), opening));
        known.answers.extend(named);
        Ok(())
    }

    /// The document that opens a round; answers of `hidden` stay sealed.
    pub fn openings(&self, campaign: u32, hidden: &str) -> Openings {
        let secret = &self.secrets[&campaign];
        let open =
            |(name, opening): &(String, AnswerOpening)| (name != hidden).then(|| opening.clone());
        Openings {
            answers: secret.answers.iter().map(open).collect(),
            gold: secret.gold.clone(),
        }
    }

    pub fn open_seals(&mut self, campaign: u32, hidden: &str) -> Outcome {
        let openings = codec::encode(&self.openings(campaign, hidden));
        let openings = self.shelf.put(openings);
        let campaign = CampaignId(campaign);
        let close = CloseRound { campaign, openings };
        self.ask("operator", Command::CloseRound(close))
    }

    pub fn scores(&self, campaign: u32, closing: bool) -> Scores {
        let campaign = self.state.campaign(CampaignId(campaign)).unwrap();
        ledger::score(campaign, closing).unwrap()
    }

    pub fn post_scores(&mut self, campaign: u32, scores: &Scores, closing: bool) -> Outcome {
        let id = CampaignId(campaign);
        let scores = self.shelf.put(codec::encode(scores));
        let algorithm = score::Algorithm::of(&self.state.campaign(id).unwrap().spec).unwrap();
        let post = PostScores {
            campaign: id,
            algorithm: algorithm.name().into(),
            input: score::input_root(SPACE, id, self.state.campaign(id).unwrap()),
            scores,
            closing,
        };
        self.ask("operator", Command::PostScores(post))
    }

    pub fn asset(&mut self, name: &str, terms: Terms, parents: &[u32]) -> Outcome {
        let parents: Vec<_> = parents.iter().copied().map(AssetId).collect();
        let parents = if parents.len() > 1_000 {
            let attached = protocol::document::Parents { assets: parents };
            ParentList::Attached(self.shelf.put(codec::encode(&attached)))
        } else {
            ParentList::Inline(parents)
        };
        let asset = RegisterAsset {
            kind: AssetKind::Model,
            title: "model".into(),
            content: salt(0),
            terms,
            parents,
            listing: None,
        };
        self.ask(name, Command::RegisterAsset(asset))
    }

    pub fn allow(&mut self, name: &str, asset: u32, fund: u64, cap: u128, for_ms: u64) -> Outcome {
        let grant = GrantAllowance {
            asset: AssetId(asset),
            fund: FundId(fund),
            cap_units: units(cap),
            expires_ms: self.time_ms + for_ms,
        };
        self.ask(name, Command::GrantAllowance(grant))
    }

    /// One segment with uses of the first purpose under one allowance.
    pub fn meter(&mut self, name: &str, asset: u32, allowance: u32, uses: u32) -> Outcome {
        let total = self.total(asset, allowance, uses);
        let segment = self.segment(asset, vec![total]);
        self.ask(name, Command::PostSegment(segment))
    }

    pub fn total(&self, asset: u32, allowance: u32, uses: u32) -> UsageTotal {
        let asset = self.state.asset(AssetId(asset));
        let price = asset.map_or(units(1), |asset| asset.registered.terms.price_units);
        UsageTotal {
            allowance: AllowanceId(allowance),
            purpose: 0,
            uses,
            amount_units: price.checked_mul(u64::from(uses)).unwrap(),
            input_tokens: None,
            output_tokens: None,
        }
    }

    pub fn segment(&mut self, asset: u32, totals: Vec<UsageTotal>) -> PostSegment {
        let asset = AssetId(asset);
        PostSegment {
            asset,
            number: self.state.asset(asset).map_or(0, |asset| asset.segments),
            rows_root: salt(1),
            rows: self.shelf.put(b"rows".to_vec()),
            totals,
        }
    }

    pub fn closing(&self) -> CloseEpoch {
        let epoch = EpochId(self.state.epochs.len() as u64 + 1);
        claims::statement(&self.state).unwrap().closing(epoch)
    }

    pub fn epoch(&mut self) -> Outcome {
        self.ask("operator", Command::CloseEpoch(self.closing()))
    }

    pub fn release(&mut self, epoch: u64) -> Outcome {
        self.ask("operator", Command::NoteRelease(EpochId(epoch)))
    }

    pub fn refund(&mut self, fund: u64, amount: u128) -> Outcome {
        let refund = NoteRefund {
            fund: FundId(fund),
            amount_units: units(amount),
        };
        self.ask("operator", Command::NoteRefund(refund))
    }

    /// What an account owns for good in a token, released or not.
    pub fn earned(&self, name: &str, token: u16) -> u128 {
        let due = claims::due(&self.state, |purse| purse.balance).unwrap();
        due[self.id(name).index() * self.state.token_count() + usize::from(token)].units()
    }

    pub fn balance(&self, owner: PurseOwner) -> u128 {
        self.state.book.balance(owner, TokenId(0)).units()
    }
}
