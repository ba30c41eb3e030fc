//! The contracts on any chain: where they stand, how they get there, and whether they are ours.

use std::sync::Arc;

use alloy_primitives::{Address, B256, aliases::U48, aliases::U96, keccak256};
use alloy_sol_types::{SolCall, SolConstructor, SolValue, sol};
use serde_json::Value;

use crate::backend::Ground;
use crate::deployment::{CHALLENGE_BOND, CREDIT_NOTICE_S, LOG_ID, Terms};
use crate::endpoint::{At, Endpoint, answer, hexed};
use crate::remote::Time;
use crate::sender::{Order, Standing};
use crate::{Chain, Deployment, Error, Sender, contract};

sol!(Suite, "../../contracts/artifacts/Suite.json");

sol! {
    interface Token {
        function decimals() external view returns (uint8);
    }
}

const SETTLEMENT: &str = include_str!("../../../contracts/artifacts/Settlement.json");
const ESCROW: &str = include_str!("../../../contracts/artifacts/Escrow.json");

/// The deterministic factory that stands on most chains: salt and creation code in, CREATE2 out.
pub const FACTORY: [u8; 20] = [
    0x4e, 0x59, 0xb4, 0x48, 0x47, 0xb3, 0x79, 0x57, 0x85, 0x88, 0x92, 0x0c, 0xa7, 0x8f, 0xbf, 0x26,
    0xc0, 0xb4, 0x95, 0x6c,
];

/// All that a suite fixes for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Keys and times.
    pub terms: Terms,
    /// Announces the operator's next keys.
    pub rotator: [u8; 20],
    /// Takes the operator's bond back when it may leave.
    pub bond_holder: [u8; 20],
    /// The tokens that may be deposited, ascending; bonds are in the first.
    pub tokens: Vec<[u8; 20]>,
    /// What the operator must have bonded to post, in base units.
    pub bond: u128,
    /// What a challenge costs whose author is wrong, in base units.
    pub challenge_bond: u128,
    /// Seconds between a deposit's close and its refund, for debits by proof to come first.
    pub refund_grace_s: u64,
    /// A payer's notice before prepaid credit goes back, in seconds.
    pub credit_notice_s: u64,
    /// The log in signed statements.
    pub log_id: [u8; 32],
}

/// Where a suite stands, or will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Made by the factory; makes the other two.
    pub suite: [u8; 20],
    /// Holds roots and pays claims.
    pub settlement: [u8; 20],
    /// Holds budgets.
    pub escrow: [u8; 20],
}

impl Plan {
    /// The usual bonds and times around these.
    pub fn usual(terms: Terms, (rotator, bond_holder): ([u8; 20], [u8; 20])) -> Self {
        Self {
            terms,
            rotator,
            bond_holder,
            tokens: Vec::new(),
            bond: 0,
            challenge_bond: CHALLENGE_BOND.into(),
            refund_grace_s: 24 * 3_600,
            credit_notice_s: CREDIT_NOTICE_S,
            log_id: LOG_ID,
        }
    }

    /// The addresses that follow from code and terms, the same on every chain.
    ///
    /// # Errors
    /// `Invalid` for numbers that the contracts have no room for.
    pub fn places(&self) -> Result<Places, Error> {
        let suite = Address::from(place(&self.suite_code()?));
        Ok(Places {
            suite: suite.into(),
            settlement: suite.create(1).into(),
            escrow: suite.create(2).into(),
        })
    }

    fn suite_code(&self) -> Result<Vec<u8>, Error> {
        let arguments = Suite::constructorCall {
            settlementCode_: keccak256(&contract::Settlement::BYTECODE),
            escrowCode_: keccak256(&contract::Escrow::BYTECODE),
            termsHash_: keccak256(self.arguments()?.abi_encode()),
        };
        Ok([&Suite::BYTECODE[..], &arguments.abi_encode()].concat())
    }

    fn arguments(&self) -> Result<Suite::SuiteTerms, Error> {
        let terms = &self.terms;
        Ok(Suite::SuiteTerms {
            roles: Epochs::Roles {
                poster: terms.poster.into(),
                guardian: terms.guardian.into(),
                arbiter: terms.arbiter.into(),
                rotator: self.rotator.into(),
                bondHolder: self.bond_holder.into(),
            },
            terms: Epochs::Terms {
                window: seconds(terms.window_s)?,
                rulingTime: seconds(terms.ruling_s)?,
                bondToken: self.tokens.first().copied().unwrap_or_default().into(),
                bond: units(self.bond)?,
                challengeBond: units(self.challenge_bond)?,
                logId: self.log_id.into(),
            },
            escrow: Escrow::EscrowTerms {
                debitor: terms.debitor.into(),
                refundGrace: seconds(self.refund_grace_s)?,
                creditNotice: seconds(self.credit_notice_s)?,
            },
            tokens: self.tokens.iter().map(Into::into).collect(),
        })
    }

    /// Puts on the chain what of the suite is not there yet; a broken run is simply run again.
    ///
    /// # Errors
    /// `Invalid` for a token that is none, and where the factory is missing.
    pub fn deploy(
        &self,
        endpoint: &Endpoint,
        sender: &mut Sender,
        time: &Arc<dyn Time>,
    ) -> Result<Places, Error> {
        for token in &self.tokens {
            decimals(endpoint, *token)?;
        }
        let places = self.places()?;
        has_factory(endpoint)?;
        let arguments = self.arguments()?;
        let suite = making(&self.suite_code()?);
        let settlement = Suite::deploySettlementCall {
            code: contract::Settlement::BYTECODE.clone(),
            terms: arguments.clone(),
        };
        let escrow = Suite::deployEscrowCall {
            code: contract::Escrow::BYTECODE.clone(),
            terms: arguments,
        };
        let steps = [
            (places.suite, FACTORY, suite),
            (places.settlement, places.suite, settlement.abi_encode()),
            (places.escrow, places.suite, escrow.abi_encode()),
        ];
        for (place, to, calldata) in steps {
            if endpoint.code(place, At::Latest)?.is_empty() {
                let label = format!("deploy {}", hexed(&place));
                let to = Some(to);
                let order = Order {
                    label,
                    to,
                    calldata,
                };
                included(endpoint, sender, time, order)?;
            }
        }
        Ok(places)
    }
}

/// Where the factory puts what this code creates: nothing else can ever stand there.
pub fn place(code: &[u8]) -> [u8; 20] {
    let place = Address::from(FACTORY).create2(B256::ZERO, keccak256(code));
    place.into()
}

/// What the factory is sent to create a contract.
pub(crate) fn making(code: &[u8]) -> Vec<u8> {
    [&[0; 32][..], code].concat()
}

/// # Errors
/// `Invalid` for a chain without the factory.
pub(crate) fn has_factory(endpoint: &Endpoint) -> Result<(), Error> {
    if !endpoint.code(FACTORY, At::Latest)?.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the factory `{}` is not on this chain\nhint: it is deployed by a transaction that \
         anybody may send: github.com/Arachnid/deterministic-deployment-proxy",
        hexed(&FACTORY)
    )))
}

/// Sends one transaction and waits until it is in a block.
fn included(
    endpoint: &Endpoint,
    sender: &mut Sender,
    time: &Arc<dyn Time>,
    order: Order,
) -> Result<(), Error> {
    let label = order.label.clone();
    let began_ms = time.now_ms();
    sender.send(order, began_ms)?;
    loop {
        // Nothing is called final here: deployments are looked at again by whoever uses them.
        let genesis = endpoint.block(At::Height(0))?;
        let genesis = genesis.ok_or_else(|| Error::corrupt("the chain has no first block"))?;
        sender.turn(genesis.place, time.now_ms())?;
        match sender.standing(&label) {
            Some(Standing::Mined(included)) if included.success => return Ok(()),
            Some(Standing::Mined(_)) => {
                return Err(Error::invalid(format!(
                    "`{label}` was included and reverted"
                )));
            }
            _ if time.now_ms().saturating_sub(began_ms) > 600_000 => {
                return Err(Error::waiting(format!(
                    "`{label}` is in no block after ten minutes\nhint: run the command again; \
                     nothing is sent twice"
                )));
            }
            _ => time.pause(1_000),
        }
    }
}

/// The contracts of a Settlement, after making sure that both are ours and speak of each other.
///
/// # Errors
/// `Invalid` where other code stands there.
pub fn found(endpoint: &Endpoint, settlement: [u8; 20]) -> Result<Deployment, Error> {
    is_ours(endpoint, "Settlement", settlement, SETTLEMENT)?;
    let escrow = ask(endpoint, settlement, &contract::Settlement::escrowCall {})?.into();
    is_ours(endpoint, "Escrow", escrow, ESCROW)?;
    let named: [u8; 20] = ask(endpoint, escrow, &contract::Escrow::settlementCall {})?.into();
    if named != settlement {
        return Err(Error::invalid(format!(
            "the Escrow `{}` is that of another Settlement\nhint: deploy the two anew, with \
             `headwater chain deploy`",
            hexed(&escrow)
        )));
    }
    let tokens = ask(endpoint, settlement, &contract::Settlement::tokensCall {})?;
    Ok(Deployment {
        tokens: tokens.into_iter().map(Into::into).collect(),
        settlement,
        escrow,
    })
}

/// How many decimals a token has: for people, as contracts and log count base units.
///
/// # Errors
/// `Invalid` for what is no token, or one with more decimals than an amount has room for.
pub fn decimals(endpoint: &Endpoint, token: [u8; 20]) -> Result<u8, Error> {
    let place = hexed(&token);
    let none = format!("`{place}` is no ERC-20 token on this chain\nhint: look at the address");
    if endpoint.code(token, At::Latest)?.is_empty() {
        return Err(Error::invalid(none));
    }
    let decimals = match ask(endpoint, token, &Token::decimalsCall {}) {
        Err(error) if error.kind == crate::error::ErrorKind::Invalid => {
            return Err(Error::invalid(none));
        }
        decimals => decimals?,
    };
    match decimals {
        0..=18 => Ok(decimals),
        _ => Err(Error::invalid(format!(
            "the token `{place}` has {decimals} decimals, and amounts have room for 18\n\
             hint: use another token"
        ))),
    }
}

fn ask<C: SolCall>(endpoint: &Endpoint, to: [u8; 20], call: &C) -> Result<C::Return, Error> {
    let answer = endpoint.call(to, &call.abi_encode(), At::Latest)?;
    C::abi_decode_returns(&answer).map_err(|_| {
        let place = hexed(&to);
        Error::invalid(format!(
            "cannot read the answer of `{}` at `{place}`",
            C::SIGNATURE
        ))
    })
}

fn is_ours(endpoint: &Endpoint, name: &str, place: [u8; 20], artefact: &str) -> Result<(), Error> {
    let code = endpoint.code(place, At::Latest)?;
    let artefact: Value = serde_json::from_str(artefact).expect("artefacts are JSON");
    let own = answer::bytes(&artefact["runtimeBytecode"]).expect("artefacts have code");
    if !code.is_empty() && masked(&own, &own) == masked(&code, &own) {
        return Ok(());
    }
    let what = match code.is_empty() {
        true => "nothing stands",
        false => "other code stands",
    };
    let place = hexed(&place);
    Err(Error::invalid(format!(
        "{what} at `{place}`, where the {name} contract should\nhint: look at `chain.settlement` \
         and `chain.rpc_url`; nothing was sent"
    )))
}

/// Code with zeros where the artefact leaves room for what the constructor fixes: the operands of
/// its PUSH32 that are zero, which the compiler writes for nothing else.
fn masked(code: &[u8], artefact: &[u8]) -> Vec<u8> {
    let mut masked = code.to_vec();
    let mut at = 0;
    while at < artefact.len() {
        let operands = match artefact[at] {
            push @ 0x60..=0x7f => usize::from(push) - 0x5f,
            _ => 0,
        };
        let range = at + 1..at + 1 + operands;
        let is_room = operands == 32
            && artefact
                .get(range.clone())
                .is_some_and(|operand| operand.iter().all(|byte| *byte == 0));
        if is_room && let Some(operand) = masked.get_mut(range) {
            operand.fill(0);
        }
        at += 1 + operands;
    }
    masked
}

impl Chain<Ground> {
    /// A chain behind a server, with contracts that were [`found`].
    pub fn remote(remote: crate::Remote, deployment: Deployment) -> Self {
        Self {
            devnet: Ground::Remote(Box::new(remote)),
            deployment,
        }
    }

    /// The chain once more, where it is another's.
    pub fn into_remote(self) -> Option<Self> {
        matches!(self.devnet, Ground::Remote(_)).then_some(self)
    }

    /// The chain of a log that is only read.
    pub fn away(chain_id: u64, deployment: Deployment) -> Self {
        Self {
            devnet: Ground::Away(chain_id),
            deployment,
        }
    }
}

fn seconds(value: u64) -> Result<U48, Error> {
    U48::try_from(value)
        .map_err(|_| Error::invalid(format!("cannot wait `{value}` seconds: at most 2^48 - 1")))
}

fn units(amount: u128) -> Result<U96, Error> {
    crate::token::uint96(amount)
}
