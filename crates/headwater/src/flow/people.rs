//! Accounts bound to real wallets, session keys that sign, deposits that back them.

use super::{Progress, Scenario};
use anyhow::{Context as _, Result, anyhow, bail};
use chain::escrow::Opening;
use ledger::commitment::{self, Binding};
use ledger::verify::Delegation;
use node::Node;
use proof::hash::sha256;
use protocol::command::{DiscloseWallet, OpenAccount};
use protocol::entry::Submission;
use protocol::{
    AccountId, Address, Amount, Command, FundId, Hash, Scope, SessionKey, Space, WalletSignature,
    codec,
};
use sequencer::Offer;
use std::collections::BTreeMap;

/// Somebody with a wallet.
pub struct Person {
    /// Display name, known to the scenario alone.
    pub name: String,
    /// The pseudonym in the log.
    pub account: AccountId,
    /// Where earnings go.
    pub wallet: Address,
    /// The newest deposit.
    pub fund: Option<FundId>,
    space: Space,
    session: proof::signature::SessionKey,
    binding: Binding,
    nonce: u64,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name, self.account)
    }
}

/// Everybody in a run.
#[derive(Debug)]
pub struct Roster {
    /// In the scenario's order.
    pub requesters: Vec<Person>,
    /// In the scenario's order.
    pub contributors: Vec<Person>,
    /// Trains and serves.
    pub developer: Person,
    /// In the scenario's order.
    pub users: Vec<Person>,
}

impl Roster {
    /// All people, in the order in which they joined.
    pub fn everybody(&mut self) -> impl Iterator<Item = &mut Person> {
        self.requesters
            .iter_mut()
            .chain(&mut self.contributors)
            .chain(std::iter::once(&mut self.developer))
            .chain(&mut self.users)
    }

    /// The display name behind an account.
    pub fn name(&self, account: AccountId) -> Option<&str> {
        let developer = std::slice::from_ref(&self.developer);
        [
            &self.requesters[..],
            &self.contributors,
            developer,
            &self.users,
        ]
        .into_iter()
        .flatten()
        .find(|person| person.account == account)
        .map(|person| person.name.as_str())
    }
}

impl Person {
    /// Signs a command with the session key; the nonce after the last.
    pub fn sign(&mut self, command: Command) -> Offer {
        self.sign_with_nonce(|_| command)
    }

    /// Signs a command that commits to its own nonce.
    pub fn sign_with_nonce(&mut self, command: impl FnOnce(u64) -> Command) -> Offer {
        let nonce = self.nonce;
        self.nonce += 1;
        let submission = Submission {
            space: self.space,
            account: Some(self.account),
            key: SessionKey(self.session.public()),
            nonce,
            command: command(nonce),
            private: None,
        };
        ledger::verify::sign(submission, &self.session).into()
    }

    /// The log that the keys are for.
    pub fn space(&self) -> Space {
        self.space
    }

    /// A secret of this person, for salts.
    pub fn secret(&self, purpose: &[u8]) -> Hash {
        Hash(sha256(&[&self.binding.salt.0, purpose]))
    }

    /// Discloses the wallet, so that the account can be paid on chain.
    pub fn disclose(&mut self) -> Offer {
        let Binding {
            wallet,
            delegation,
            salt,
        } = self.binding.clone();
        self.sign(Command::DiscloseWallet(DiscloseWallet {
            wallet,
            delegation,
            salt,
        }))
    }
}

/// Everybody opens an account: the wallet signs the delegation, the session key signs the entry.
pub(super) fn join(
    node: &mut Node,
    scenario: &Scenario,
    progress: &mut Progress<'_>,
) -> Result<Roster> {
    let kinds = [
        ("requester", &scenario.requesters[..], Scope::REQUEST),
        ("contributor", &scenario.contributors[..], Scope::WORK),
        (
            "developer",
            std::slice::from_ref(&scenario.developer),
            Scope::PUBLISH,
        ),
        ("user", &scenario.users[..], Scope::SPEND),
    ];
    let (mut people, mut offers) = (Vec::new(), Vec::new());
    let total: usize = kinds.iter().map(|kind| kind.1.len()).sum();
    let mut next = u32::try_from(node.state().accounts.len()).context("too many accounts")?;
    for (kind, names, scope) in kinds {
        for (place, name) in names.iter().enumerate() {
            let secret = sha256(&[
                b"headwater/person/v1\0",
                scenario.seed.as_bytes(),
                kind.as_bytes(),
                &(place as u64).to_be_bytes(),
            ]);
            let (person, offer) = open(node, name, &secret, AccountId(next), scope)?;
            people.push(person);
            offers.push(offer);
            next += 1;
            progress("accounts join", offers.len() as u64, total as u64);
        }
    }
    for answer in node.submit(offers)? {
        answer.map_err(|rejection| anyhow!("cannot open an account: {rejection}"))?;
    }
    let mut people = people.into_iter();
    let mut take = |count: usize| -> Vec<Person> { people.by_ref().take(count).collect() };
    let requesters = take(scenario.requesters.len());
    let contributors = take(scenario.contributors.len());
    let developer = take(1).pop().context("the developer has joined")?;
    let users = take(scenario.users.len());
    Ok(Roster {
        requesters,
        contributors,
        developer,
        users,
    })
}

fn open(
    node: &Node,
    name: &str,
    secret: &[u8; 32],
    account: AccountId,
    scope: Scope,
) -> Result<(Person, Offer)> {
    let space = node.keys().space();
    let session = proof::signature::SessionKey::from_seed(&sha256(&[b"session\0", secret]));
    let wallet = proof::signature::WalletKey::from_secret(&sha256(&[b"wallet\0", secret]))?;
    let key = SessionKey(session.public());
    let expires_ms = (node.now_ms() / 1_000 + 90 * 86_400) * 1_000;
    let chain_id = chain::devnet::CHAIN_ID;
    let delegation = Delegation {
        chain_id,
        space,
        key,
        scope,
        expires_ms,
    };
    let binding = Binding {
        wallet: Address(wallet.address()),
        delegation: WalletSignature(wallet.sign(&delegation.digest())),
        salt: Hash(sha256(&[b"salt\0", secret])),
    };
    let submission = Submission {
        space,
        account: None,
        key,
        nonce: 0,
        command: Command::OpenAccount(OpenAccount { scope, expires_ms }),
        private: Some(commitment::binding(space, key, &binding)),
    };
    let mut offer = Offer::from(ledger::verify::sign(submission, &session));
    offer.body = codec::encode(&binding);
    let wallet = binding.wallet;
    let name = name.to_owned();
    let person = Person {
        name,
        account,
        wallet,
        fund: None,
        space,
        session,
        binding,
        nonce: 1,
    };
    Ok((person, offer))
}

/// The devnet's faucet pays in for everybody; the funder of record, to whom refunds go, is the
/// person.
pub(super) fn deposit(
    node: &mut Node,
    scenario: &Scenario,
    roster: &mut Roster,
    progress: &mut Progress<'_>,
) -> Result<()> {
    let amounts = amounts(scenario, roster)?;
    let closes_at_s = (node.now_ms() + scenario.pace.closes_after_ms) / 1_000;
    let openings: Vec<Opening> = amounts
        .iter()
        .map(|(wallet, account, amount)| Opening {
            funder: wallet.0,
            account: node::deposit::account_reference(*account),
            amount: amount.units(),
            max_per_epoch: amount.units(),
            closes_at_s,
        })
        .collect();
    let total = openings.len() as u64;
    progress("deposits reach the Escrow contract", 0, total);
    let faucet = node.keys().wallet("faucet");
    let token = node.chain().deployment.token();
    let sum: u128 = openings.iter().map(|opening| opening.amount).sum();
    let chain = node.chain_mut();
    chain.mint(&faucet, token, faucet.address(), sum)?;
    chain.approve(&faucet, token, sum)?;
    let first = chain.open_deposits(&faucet, token, &openings)?;
    if node.credit_deposits()? != openings.len() {
        bail!("the ledger has credited another number of deposits than were made");
    }
    let funds: BTreeMap<AccountId, FundId> = amounts
        .iter()
        .zip(first..)
        .map(|(row, id)| (row.1, FundId(id)))
        .collect();
    for person in roster.everybody() {
        person.fund = funds.get(&person.account).copied();
    }
    progress("deposits reach the Escrow contract", total, total);
    Ok(())
}

/// What everybody needs: requesters their budgets, contributors their block deposits, users their
/// calls.
fn amounts(scenario: &Scenario, roster: &Roster) -> Result<Vec<(Address, AccountId, Amount)>> {
    let mut needed: BTreeMap<AccountId, (Address, u128)> = BTreeMap::new();
    let mut add = |person: &Person, amount: u128| {
        needed.entry(person.account).or_insert((person.wallet, 0)).1 += amount;
    };
    for plan in &scenario.campaigns {
        add(&roster.requesters[plan.requester], plan.budget()?.units());
        let deposit = plan.block_deposit()?.units();
        let stake = plan.judging.map_or(0, |judging| judging.stake.units());
        for (contributor, blocks) in plan.blocks() {
            add(
                &roster.contributors[contributor as usize],
                stake + deposit * u128::from(blocks),
            );
        }
    }
    for call in &scenario.calls {
        let price = scenario.campaigns[call.campaign].model.price;
        add(&roster.users[call.user], price.units());
    }
    needed
        .into_iter()
        .filter(|(_, (_, amount))| *amount > 0)
        .map(|(account, (wallet, amount))| {
            let amount = Amount::new(amount).context("a deposit exceeds the supply cap")?;
            Ok((wallet, account, amount))
        })
        .collect()
}
