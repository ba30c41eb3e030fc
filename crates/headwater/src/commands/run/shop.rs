//! What the demo's crowd sells and buys: a classifier of each campaign's labels, called for money.

use super::crowd::Parts;
use super::member::Member;
use anyhow::{Context as _, Result};
use gateway::key::PREFIX;
use model::Classifier;
use model::feature::{self, Scheme};
use model::softmax::{Example, Shape, Softmax, Training};
use proof::hash::sha256;
use protocol::command::{AssetKind, GrantAllowance, ParentList, RegisterAsset};
use protocol::service::ServeAsset;
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, AllowanceId, Amount, AssetId, CampaignId, Command, Hash, Ppm, Scope, Space, TokenId,
};
use serde_json::json;
use view::models::{Limits, NewModelKey};

/// Buckets of hashed features, as a power of two.
const BITS: u8 = 12;
/// Price of a call, in base units.
const PRICE_UNITS: u128 = 5_000;
/// What the caller sets aside for each model, in base units.
const CAP_UNITS: u128 = 20_000_000;
const DAY_MS: u64 = 24 * 3_600_000;
/// Letters of a key that are kept and shown.
const SHOWN: usize = 11;

/// A developer who trains, and somebody who calls.
pub struct Shop {
    /// Registers models and puts them into service.
    pub developer: Member,
    /// Pays.
    pub caller: Member,
    /// The newest model with the key that calls it.
    open: Option<(AssetId, String)>,
}

impl Shop {
    /// The same two at every start of a node.
    pub fn new(log: (Space, u64), secret: &[u8; 32]) -> Result<Self> {
        Ok(Self {
            developer: Member::with(log, secret, 1_000, Scope::PUBLISH)?,
            caller: Member::with(log, secret, 1_001, Scope::SPEND)?,
            open: None,
        })
    }

    /// Whether a model has been taught of this campaign's labels.
    pub fn has(parts: &Parts, campaign: CampaignId, developer: Option<AccountId>) -> bool {
        parts.host.read(|state| {
            let set = state.campaign(campaign).and_then(|it| it.asset);
            let built = |asset: &ledger::state::Asset| {
                let parents = asset.registered.parents.iter();
                Some(asset.registered.owner) == developer
                    && parents.into_iter().any(|(parent, _)| Some(*parent) == set)
            };
            state.assets.iter().any(built)
        })
    }

    /// Goes on with the newest model of an earlier start.
    pub fn resume(&mut self, parts: &Parts) -> Result<()> {
        let developer = self.developer.account();
        let newest = parts.host.read(|state| {
            let numbered = (0..).map(AssetId).zip(&state.assets);
            let own = numbered.filter(|(id, asset)| {
                Some(asset.registered.owner) == developer && state.serves(*id)
            });
            own.last().map(|(id, _)| id)
        });
        newest.map_or(Ok(()), |asset| self.subscribe(parts, asset))
    }

    /// Trains on what the crowd has found out, and puts the model into service.
    pub fn teach(&mut self, parts: &Parts, campaign: CampaignId, texts: &[String]) -> Result<()> {
        let Some((parent, classes, labels)) = labels(parts, campaign) else {
            return Ok(());
        };
        let examples: Vec<Example> = texts
            .iter()
            .zip(&labels)
            .filter_map(|(text, (label, weight))| {
                Some(Example {
                    features: feature::text(text, BITS),
                    label: u32::from((*label)?),
                    weight_ppm: weight.ppm(),
                })
            })
            .collect();
        let shape = Shape {
            scheme: Scheme::Text,
            bits: BITS,
            classes: u32::try_from(classes.len())?,
        };
        let softmax = Softmax::train(shape, &examples, &Training::default())?;
        let artefact = Classifier::new(classes, softmax)?.to_bytes();
        let content = Hash(sha256(&[&artefact]));
        let title = parts.host.read(|state| {
            let campaign = state.campaign(campaign);
            campaign.map(|it| format!("{} sorter", it.spec.title))
        });
        let register = RegisterAsset {
            kind: AssetKind::Model,
            title: title.context("the campaign exists")?,
            content,
            terms: Terms {
                purposes: vec!["inference".to_owned()],
                token: TokenId(0),
                price_units: Amount::new(PRICE_UNITS).context("a price is no supply")?,
                demand: Demand::Floor(Ppm::ZERO),
                contributors_share: Ppm::ZERO,
                expires_ms: None,
            },
            parents: ParentList::Inline(vec![parent]),
        };
        let mut offer = self.developer.sign(Command::RegisterAsset(register));
        offer.attachments = vec![artefact];
        let asset = self.developer.account();
        if !parts.submit(offer)? {
            return Ok(());
        }
        let Some(asset) = parts.host.read(|state| {
            let mut numbered = (0..).map(AssetId).zip(&state.assets);
            let own = |(_, it): &(AssetId, &ledger::state::Asset)| {
                it.registered.content == content && Some(it.registered.owner) == asset
            };
            numbered.find(own).map(|(id, _)| id)
        }) else {
            return Ok(());
        };
        let serve = ServeAsset {
            asset,
            tokens: None,
        };
        if parts.submit(self.developer.sign(Command::ServeAsset(serve)))? {
            self.subscribe(parts, asset)?;
        }
        Ok(())
    }

    /// Sets money aside for a model and gets a key for it.
    fn subscribe(&mut self, parts: &Parts, asset: AssetId) -> Result<()> {
        let account = self.caller.account().context("the caller has an account")?;
        let Some(fund) = parts.fund(account) else {
            return Ok(());
        };
        let now_ms = parts.host.now_ms();
        let grant = GrantAllowance {
            asset,
            fund,
            cap_units: Amount::new(CAP_UNITS).context("a cap is no supply")?,
            expires_ms: now_ms + 30 * DAY_MS,
        };
        if !parts.submit(self.caller.sign(Command::GrantAllowance(grant)))? {
            return Ok(());
        }
        let allowance = parts.host.read(|state| {
            let mine = |it: &ledger::state::Allowance| it.payer == account && it.asset == asset;
            state.allowances.iter().rposition(mine)
        });
        let allowance = AllowanceId(u32::try_from(allowance.context("it was granted")?)?);
        let secret = self.caller.secret(&allowance.0.to_be_bytes());
        let key = format!("{PREFIX}{}", hex::encode(secret));
        let issued = parts.keys.ask(|keys| {
            let new = NewModelKey {
                hash: Hash(sha256(&[key.as_bytes()])),
                shown: &key[..SHOWN],
                account,
                name: "the demo's caller",
                limits: Limits {
                    allowances: vec![allowance],
                    ..Limits::default()
                },
                expires_ms: now_ms + 30 * DAY_MS,
            };
            keys.issue(&new, now_ms)
        });
        issued.context("the caller gets no key")?;
        self.open = Some((asset, key));
        Ok(())
    }

    /// Asks the newest model what a text is about; what is refused is tried again another time.
    pub fn call(&self, parts: &Parts, text: &str) {
        let Some((asset, key)) = &self.open else {
            return;
        };
        let body = json!({"model": asset.to_string(), "input": text}).to_string();
        let bearer = format!("Bearer {key}");
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &bearer),
        ];
        let url = format!("http://{}/v1/classify", parts.address);
        // The demo goes on whatever becomes of one call.
        parts
            .client
            .post_with(&url, &headers, body.into_bytes(), 1 << 20)
            .ok();
    }
}

type Labels = (AssetId, Vec<String>, Vec<(Option<u16>, Ppm)>);

/// The label set of a closed campaign: classes, and the label of every unit.
fn labels(parts: &Parts, campaign: CampaignId) -> Option<Labels> {
    parts.host.read(|state| {
        let campaign = state.campaign(campaign)?;
        let labels = campaign
            .units
            .iter()
            .map(|unit| (unit.label, unit.probability));
        Some((
            campaign.asset?,
            campaign.spec.classes.clone(),
            labels.collect(),
        ))
    })
}
