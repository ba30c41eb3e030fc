//! What has been decided happens; it cannot fail, as `decide` has checked all of it.

mod chain;
mod judging;
mod line;
mod market;
mod operation;
mod payout;
mod service;
mod work;

use crate::State;
use crate::accounts::Account;
use crate::book::Purse;
use crate::decide::OPERATOR_SCOPE;
use crate::keys::UsedNonce;
use crate::operation::LogKey;
use crate::state::{Allowance, Asset, Epoch};
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use protocol::entry::{Entry, SIGNING_DOMAIN};
use protocol::event::{PurseId, PurseOwner, RoyaltyTo};
use protocol::{Amount, Event};

/// Applies the events of one entry.
///
/// # Panics
/// On events that [`crate::decide`] did not produce for this state.
pub fn apply(state: &mut State, entry: &Entry, events: &[Event]) {
    let digest = digest(&entry.signed.submission.signing_bytes());
    apply_digested(state, entry, digest, events);
}

/// [`apply`] for whoever has the [`digest`] of the signed bytes at hand.
///
/// # Panics
/// As [`apply`] does.
pub fn apply_digested(state: &mut State, entry: &Entry, digest: u64, events: &[Event]) {
    for event in events {
        apply_event(state, entry, event);
    }
    remember(state, entry, digest);
    state.size = entry.seq + 1;
    state.time_ms = entry.time_ms;
}

fn apply_event(state: &mut State, entry: &Entry, event: &Event) {
    match event {
        Event::SpaceOpened { .. }
        | Event::AccountOpened { .. }
        | Event::WalletDisclosed { .. }
        | Event::DepositCredited(_) => apply_person(state, event),
        Event::AssetRegistered(_)
        | Event::AllowanceGranted { .. }
        | Event::AllowanceEnded { .. }
        | Event::SegmentPosted { .. } => apply_use(state, event),
        Event::AssetListed { .. }
        | Event::GrantBought(_)
        | Event::GrantRevoked { .. }
        | Event::WaiverOffered(_)
        | Event::WaiverUsed { .. } => market::apply(state, entry.time_ms, event),
        Event::RoyaltyPaid { .. } => receive(state, event),
        Event::EpochClosed { .. } => close_epoch(state, entry, event),
        Event::Moved(movement) => state.book.apply(movement),
        Event::CampaignOpened { .. }
        | Event::RoundOpened { .. }
        | Event::AnswersSealed { .. }
        | Event::AnswerReplaced { .. }
        | Event::BlockOpened { .. }
        | Event::RoundClosed { .. }
        | Event::ScoresPosted { .. }
        | Event::BlockJudged { .. }
        | Event::CampaignClosed { .. }
        | Event::RoundForgotten { .. }
        | Event::CampaignSettled { .. } => work::apply(state, event),
        Event::EvidenceTaken { .. }
        | Event::StakeHeld { .. }
        | Event::FeesHeld { .. }
        | Event::BonusHeld { .. }
        | Event::Reviewed { .. }
        | Event::AppealOpened { .. }
        | Event::VerdictGiven { .. }
        | Event::AppealDecided { .. }
        | Event::UnitsClosed { .. }
        | Event::AccountPaused { .. } => judging::apply(state, event),
        Event::StateRootPosted { .. }
        | Event::WitnessesSet { .. }
        | Event::WitnessNoted { .. }
        | Event::LogKeyRotated { .. }
        | Event::OperatorRotated { .. }
        | Event::KeyAdded { .. }
        | Event::KeyRevoked { .. }
        | Event::RolesSet { .. }
        | Event::Erased { .. } => operation::apply(state, event),
        Event::AssetServed { .. }
        | Event::AssetWithdrawn { .. }
        | Event::AssetComposed(_)
        | Event::GatewaySet { .. }
        | Event::FeeAnnounced(_) => service::apply(state, event),
        Event::PasskeyDisclosed { .. }
        | Event::PayoutBound { .. }
        | Event::PayoutCalledOff { .. }
        | Event::PayoutMoved { .. } => payout::apply(state, event),
        Event::Chain(_) | Event::Line(_) => on_chain(state, event),
    }
}

/// What stands on chains: those that join, what they release, and contracts beside the pot.
fn on_chain(state: &mut State, event: &Event) {
    match event {
        Event::Line(event) => line::apply(state, event),
        _ => chain::apply(state, event),
    }
}

fn close_epoch(state: &mut State, entry: &Entry, event: &Event) {
    if let Event::EpochClosed {
        root,
        leaves,
        totals,
        ..
    } = event
    {
        let staged = staged(state);
        let debits: Vec<_> = state.book.close_debits().into_iter().collect();
        state.sections.debits.close(&debits);
        state.epochs.push(Epoch {
            root: *root,
            leaves: *leaves,
            totals: totals.clone(),
            debits,
            staged,
            log_size: entry.seq + 1,
            time_ms: entry.time_ms,
            released: false,
        });
    }
}

/// Counts what an ancestor has received; the money itself moves in the book.
fn receive(state: &mut State, event: &Event) {
    if let Event::RoyaltyPaid {
        to: RoyaltyTo::Floor(asset) | RoyaltyTo::Flow(asset),
        token,
        amount,
        ..
    } = event
    {
        let received = &mut state.assets[asset.index()].received;
        let sum = received.entry(*token).or_default();
        let more = sum.checked_add(*amount);
        *sum = more.expect("bounded by the token's supply cap");
    }
}

/// Who there is and what they have deposited.
fn apply_person(state: &mut State, event: &Event) {
    match event {
        Event::SpaceOpened { genesis, key } => {
            state.genesis = Some((**genesis).clone());
            state.log_keys.push(LogKey {
                key: genesis.log_key.clone(),
                since: 0,
            });
            state.accounts.open(Account {
                binding: None,
                key: *key,
                scope: OPERATOR_SCOPE,
                expires_ms: u64::MAX,
                wallet: None,
            });
        }
        Event::AccountOpened {
            key,
            scope,
            expires_ms,
            binding,
        } => {
            state.accounts.open(Account {
                binding: Some(*binding),
                key: *key,
                scope: *scope,
                expires_ms: *expires_ms,
                wallet: None,
            });
        }
        Event::WalletDisclosed { account, wallet } => {
            state.accounts.set_wallet(*account, *wallet);
        }
        Event::DepositCredited(deposit) => {
            let key = (deposit.account, deposit.token);
            state.deposits.entry(key).or_default().push(deposit.fund);
            state.funds.push(deposit.clone());
        }
        _ => {}
    }
}

/// Assets, and what is set aside and charged for their use.
fn apply_use(state: &mut State, event: &Event) {
    match event {
        Event::AssetRegistered(asset) => {
            let total_shares = asset.shares.iter().map(|(_, share)| share).sum();
            state.assets.push(Asset {
                registered: (**asset).clone(),
                total_shares,
                segments: 0,
                uses: 0,
                charged_units: Amount::ZERO,
                received: BTreeMap::new(),
            });
        }
        Event::AllowanceGranted {
            asset,
            payer,
            hold,
            expires_ms,
        } => {
            state.allowances.push(Allowance {
                asset: *asset,
                payer: *payer,
                hold: *hold,
                expires_ms: *expires_ms,
                ended: false,
            });
        }
        Event::AllowanceEnded { allowance } => {
            state.allowances[allowance.index()].ended = true;
        }
        Event::SegmentPosted { asset, totals, .. } => {
            let asset = &mut state.assets[asset.index()];
            asset.segments += 1;
            for total in totals {
                asset.uses += u64::from(total.uses);
                let charged = asset.charged_units.checked_add(total.amount_units);
                asset.charged_units = charged.expect("bounded by the token's supply cap");
            }
        }
        _ => {}
    }
}

/// Keeps the nonce, so that a repetition finds its entry and a clash is refused.
fn remember(state: &mut State, entry: &Entry, digest: u64) {
    let submission = &entry.signed.submission;
    if let Some(key) = state.accounts.keys_mut().known_mut(&submission.key) {
        key.nonces.push(UsedNonce {
            nonce: submission.nonce,
            seq: entry.seq,
            digest,
        });
    }
}

/// First 8 bytes of the SHA-256 of the signed bytes ([`Submission::signing_bytes`]).
///
/// [`Submission::signing_bytes`]: protocol::entry::Submission::signing_bytes
pub fn digest(signing_bytes: &[u8]) -> u64 {
    digest_of(&[signing_bytes])
}

/// [`digest`] by the encoding of the submission alone.
pub fn submission_digest(submission: &[u8]) -> u64 {
    digest_of(&[SIGNING_DOMAIN, submission])
}

/// [`submission_digest`] of each.
pub fn submission_digests(submissions: &[&[u8]]) -> Vec<u64> {
    let mut hashes = vec![[0; 32]; submissions.len()];
    let messages = submissions.iter().copied();
    proof::hash::sha256_each(SIGNING_DOMAIN, messages, &mut hashes);
    hashes.iter().map(beginning).collect()
}

fn digest_of(parts: &[&[u8]]) -> u64 {
    beginning(&proof::hash::sha256(parts))
}

fn beginning(hash: &proof::Hash) -> u64 {
    let first = hash.first_chunk().expect("a hash has 32 bytes");
    u64::from_be_bytes(*first)
}

/// What becomes payable when the epoch's debits are released.
fn staged(state: &State) -> Vec<(PurseId, Amount)> {
    let paid = |purse: &Purse| matches!(purse.owner, PurseOwner::Earned(_) | PurseOwner::Pool(_));
    let waiting = chain::waiting(state);
    (0u32..)
        .map(PurseId)
        .zip(state.book.purses())
        .filter(|(_, purse)| paid(purse) && purse.balance != purse.payable)
        .filter(|(id, purse)| waiting.get(id) != Some(&purse.balance))
        .map(|(id, purse)| (id, purse.balance))
        .collect()
}
