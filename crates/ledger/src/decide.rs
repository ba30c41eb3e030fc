//! May this entry enter the log, and what does it change? Checks everything, changes nothing.

mod account;
mod appeal;
mod asset;
mod block;
mod campaign;
mod chain;
mod credit;
mod epoch;
mod fact;
mod key;
mod line;
mod market;
mod operation;
mod payout;
mod role;
mod round;
mod scores;
mod service;
mod usage;
mod witness;

pub(crate) use payout::sound;
pub use round::balanced;

use crate::State;
use crate::draft::Draft;
use alloc::vec::Vec;
use protocol::entry::{Entry, MAX_ENTRY_BYTES, RULE_VERSION};
use protocol::{AccountId, Command, Event, Hash, Rejection, Role, Scope, codec};

/// The account that the genesis opens; no other gets the right to run the log.
pub(crate) const OPERATOR: AccountId = AccountId(0);

/// What the key that runs the log may do.
pub(crate) const OPERATOR_SCOPE: Scope = Scope::OPERATE.and(Scope::PUBLISH).and(Scope::REQUEST);

/// The documents beside the log that entries name by their SHA-256: attachments and sidecars.
pub trait Documents {
    /// The bytes, or `None` where they are not at hand. The reader checks the hash.
    fn document(&self, hash: &Hash) -> Option<Vec<u8>>;

    /// Whether a tombstone that stands later in the log says that the document is gone: a replay
    /// then goes on without it. Whoever decides new entries has no later ones.
    fn erased(&self, _: &Hash) -> bool {
        false
    }
}

/// Decides an entry whose signature [`crate::verify`] has checked. The events are to be applied in
/// order by [`crate::apply::apply`], at once and without any other entry between.
pub fn decide(
    state: &State,
    entry: &Entry,
    documents: &dyn Documents,
) -> Result<Vec<Event>, Rejection> {
    decide_encoded(state, entry, codec::encoded_bytes(entry), documents)
}

/// [`decide`] for an entry whose encoding has so many bytes.
pub(crate) fn decide_encoded(
    state: &State,
    entry: &Entry,
    bytes: usize,
    documents: &dyn Documents,
) -> Result<Vec<Event>, Rejection> {
    check_place(state, entry)?;
    if bytes > MAX_ENTRY_BYTES {
        return Err(Rejection::TooLarge);
    }
    decide_placed(state, entry, documents)
}

/// [`decide`] for an entry that was read from a bundle, which holds none that is too long.
pub fn decide_logged(
    state: &State,
    entry: &Entry,
    documents: &dyn Documents,
) -> Result<Vec<Event>, Rejection> {
    check_place(state, entry)?;
    decide_placed(state, entry, documents)
}

fn decide_placed(
    state: &State,
    entry: &Entry,
    documents: &dyn Documents,
) -> Result<Vec<Event>, Rejection> {
    let submission = &entry.signed.submission;
    match &submission.command {
        Command::Genesis(genesis) => account::genesis(state, submission, genesis),
        Command::OpenAccount(open) => account::open(state, submission, open, entry.time_ms),
        Command::AddKey(add) => key::add(state, entry, add),
        command => {
            let asker = asker(state, entry)?;
            let context = Context {
                state,
                entry,
                asker,
                documents,
            };
            let mut draft = Draft::new(state);
            context.asked(&mut draft, command)?;
            Ok(draft.into_events())
        }
    }
}

/// What every decision may look at.
pub(crate) struct Context<'a> {
    state: &'a State,
    entry: &'a Entry,
    asker: AccountId,
    documents: &'a dyn Documents,
}

impl Context<'_> {
    /// Any command but those that open the log, an account or a key.
    fn asked(&self, draft: &mut Draft<'_>, command: &Command) -> Result<(), Rejection> {
        match command {
            Command::Genesis(_) | Command::OpenAccount(_) | Command::AddKey(_) => {
                return Err(Rejection::Malformed);
            }
            Command::DiscloseWallet(disclosure) => self.disclose(draft, disclosure)?,
            Command::CreditDeposit(deposit) => self.credit(draft, deposit)?,
            Command::OpenCampaign(spec) => self.open_campaign(draft, spec)?,
            Command::OpenRound(round) => self.open_round(draft, round)?,
            Command::SealAnswers(answers) => self.seal_answers(draft, answers)?,
            Command::CloseRound(round) => self.close_round(draft, round)?,
            Command::PostScores(scores) => self.post_scores(draft, scores)?,
            Command::CloseCampaign(id) => self.close_campaign(draft, *id)?,
            Command::ReturnHeld(id) => self.return_held(draft, *id)?,
            Command::RegisterAsset(asset) => self.register_asset(draft, asset)?,
            Command::GrantAllowance(grant) => self.grant_allowance(draft, grant)?,
            Command::PostSegment(segment) => self.post_segment(draft, segment)?,
            Command::CloseEpoch(epoch) => self.close_epoch(draft, epoch)?,
            Command::NoteRelease(epoch) => self.note_release(draft, *epoch)?,
            Command::NoteRefund(refund) => self.note_refund(draft, refund)?,
            Command::PostStateRoot(post) => self.post_state_root(draft, post)?,
            Command::SetWitnesses(set) => self.set_witnesses(draft, set)?,
            Command::NoteWitness(note) => self.note_witness(draft, note)?,
            Command::RotateLogKey(rotate) => self.rotate_log_key(draft, rotate)?,
            Command::RotateOperator(rotate) => self.rotate_operator(draft, rotate)?,
            Command::RevokeKey(key) => self.revoke_key(draft, *key)?,
            Command::Erase(erase) => self.erase(draft, erase)?,
            Command::Appeal(appeal) => self.appeal(draft, appeal)?,
            Command::GiveVerdict(verdict) => self.give_verdict(draft, verdict)?,
            Command::CloseUnits(close) => self.close_units(draft, close)?,
            Command::PauseAccount(pause) => self.pause_account(draft, pause)?,
            Command::SetRoles(set) => self.set_roles(draft, set)?,
            Command::ReplaceAnswer(replace) => self.replace_answer(draft, replace)?,
            Command::BindPayout(bind) => self.bind_payout(draft, bind)?,
            Command::CallOffPayout(number) => self.call_off_payout(draft, *number)?,
            Command::FurtherChain(what) => self.further_chain(draft, what)?,
            Command::ProveDebits => self.prove_debits(draft)?,
            Command::Credit(what) => self.on_credit(draft, what)?,
            trade => self.trade(draft, trade)?,
        }
        Ok(())
    }

    fn read<T>(&self, hash: &Hash) -> Result<T, Rejection>
    where
        T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
    {
        codec::decode(&self.bytes(hash)?).map_err(|_| Rejection::BadDocument)
    }

    fn bytes(&self, hash: &Hash) -> Result<Vec<u8>, Rejection> {
        let bytes = self.documents.document(hash);
        let bytes = bytes.ok_or(Rejection::MissingDocument)?;
        if proof::hash::sha256(&[&bytes]) == hash.0 {
            Ok(bytes)
        } else {
            Err(Rejection::BadDocument)
        }
    }
}

fn check_place(state: &State, entry: &Entry) -> Result<(), Rejection> {
    let submission = &entry.signed.submission;
    if entry.seq != state.size || entry.time_ms < state.time_ms || entry.rule != RULE_VERSION {
        return Err(Rejection::OutOfOrder);
    }
    if entry.time_ms > state.latest_ms() {
        return Err(Rejection::AheadOfWitnesses);
    }
    if submission.space != state.space {
        return Err(Rejection::WrongSpace);
    }
    let first = matches!(submission.command, Command::Genesis(_));
    if first != state.genesis.is_none() {
        return Err(Rejection::GenesisMisplaced);
    }
    Ok(())
}

fn asker(state: &State, entry: &Entry) -> Result<AccountId, Rejection> {
    let submission = &entry.signed.submission;
    let account = submission.account.ok_or(Rejection::UnknownAccount)?;
    let key = state.key(&submission.key).ok_or(Rejection::UnknownKey)?;
    if key.account != account {
        return Err(Rejection::UnknownKey);
    }
    // The wallet's or passkey's own signature carries it: a key that is gone must not strand what
    // was earned.
    let discloses = matches!(
        submission.command,
        Command::DiscloseWallet(_) | Command::BindPayout(_)
    );
    if key.revoked && !discloses {
        return Err(Rejection::KeyRevoked);
    }
    if entry.time_ms >= key.expires_ms && !discloses {
        return Err(Rejection::KeyExpired);
    }
    let needed = needed_scope(&submission.command);
    if needed == Scope::OPERATE && account != OPERATOR {
        return Err(Rejection::NotOperator);
    }
    if !key.scope.covers(needed) {
        return Err(Rejection::OutOfScope);
    }
    if needed_role(&submission.command).is_some_and(|role| !state.may(account, role)) {
        return Err(Rejection::RoleMissing);
    }
    if key.nonces.find(submission.nonce).is_some() {
        return Err(Rejection::NonceReused);
    }
    if key
        .nonces
        .forgotten()
        .is_some_and(|last| submission.nonce <= last)
    {
        return Err(Rejection::NonceTooOld);
    }
    Ok(account)
}

/// What the operator must have given the account to begin something. What was begun may be ended
/// without: campaigns closed, rejections appealed.
fn needed_role(command: &Command) -> Option<Role> {
    match command {
        Command::SealAnswers(_) | Command::ReplaceAnswer(_) => Some(Role::Contributor),
        Command::OpenCampaign(_) => Some(Role::Requester),
        _ => None,
    }
}

fn needed_scope(command: &Command) -> Scope {
    match command {
        Command::SealAnswers(_)
        | Command::ReplaceAnswer(_)
        | Command::Appeal(_)
        | Command::GiveVerdict(_) => Scope::WORK,
        Command::OpenCampaign(_) | Command::CloseCampaign(_) => Scope::REQUEST,
        Command::RegisterAsset(_)
        | Command::PostSegment(_)
        | Command::WaiveFloor(_)
        | Command::ListAsset(_)
        | Command::ServeAsset(_)
        | Command::WithdrawAsset(_)
        | Command::ComposeAsset(_) => Scope::PUBLISH,
        Command::GrantAllowance(_) | Command::BuyGrant(_) => Scope::SPEND,
        // A disclosure carries the wallet's own signature, so that any key may hand it in.
        Command::DiscloseWallet(_) | Command::OpenAccount(_) | Command::BindPayout(_) => {
            Scope::NONE
        }
        // Every key may give way, and who may revoke whom is a question of rank, not of rights.
        Command::AddKey(_) | Command::RevokeKey(_) | Command::CallOffPayout(_) => Scope::NONE,
        // A grant is given up or taken back; neither spends nor publishes anything.
        Command::RevokeGrant(_) => Scope::NONE,
        Command::Genesis(_)
        | Command::CreditDeposit(_)
        | Command::OpenRound(_)
        | Command::CloseRound(_)
        | Command::PostScores(_)
        | Command::ReturnHeld(_)
        | Command::CloseEpoch(_)
        | Command::NoteRelease(_)
        | Command::NoteRefund(_)
        | Command::PostStateRoot(_)
        | Command::SetWitnesses(_)
        | Command::NoteWitness(_)
        | Command::RotateLogKey(_)
        | Command::RotateOperator(_)
        | Command::Erase(_)
        | Command::CloseUnits(_)
        | Command::PauseAccount(_)
        | Command::SetRoles(_)
        | Command::SetGateway(_)
        | Command::SetFee(_)
        | Command::FurtherChain(_)
        | Command::Credit(_)
        | Command::OpenVotes(_)
        | Command::NoteStake(_)
        | Command::ProveDebits => Scope::OPERATE,
    }
}
