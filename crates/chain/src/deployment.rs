//! The contracts of one operator, where they stand, and the chain they stand on.

use std::path::Path;

use alloy_primitives::{
    Address,
    aliases::{U48, U96},
};
use alloy_sol_types::{SolCall, SolConstructor};
use proof::claim::Domain;

use crate::backend::Act;
use crate::contract::{Epochs, Escrow, Settlement, TestToken};
use crate::devnet::{CHAIN_ID, Receipt};
use crate::{Backend, Devnet, Error, Signer, Wallet};

/// The log whose epochs a devnet settles, as in the statements that its poster signs.
pub const LOG_ID: [u8; 32] = [0; 32];
/// What a challenge costs on a devnet if its author is wrong, in base units of the first token.
pub const CHALLENGE_BOND: u64 = 10_000_000;
/// How long a payer's notice is on a devnet before prepaid credit goes back.
pub const CREDIT_NOTICE_S: u64 = 7 * 24 * 3600;

/// What a deployment fixes for ever. Each role is a separate key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Posts epoch roots.
    pub poster: [u8; 20],
    /// Halts epochs inside their window. On a devnet it also announces next keys and holds the
    /// operator's bond, which is zero there.
    pub guardian: [u8; 20],
    /// Rules on halted epochs.
    pub arbiter: [u8; 20],
    /// Debits budgets for open epochs.
    pub debitor: [u8; 20],
    /// How long an epoch waits for objections, in seconds.
    pub window_s: u64,
    /// How long the arbiter has after a halt, in seconds; silence is a veto.
    pub ruling_s: u64,
}

/// Where the contracts stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The tokens that may be deposited and are paid out, ascending.
    pub tokens: Vec<[u8; 20]>,
    /// The contract that holds roots and pays claims.
    pub settlement: [u8; 20],
    /// The contract that holds budgets.
    pub escrow: [u8; 20],
}

impl Deployment {
    /// Where a fresh `deployer` puts its first three contracts: the test token, the Settlement and
    /// the Escrow.
    pub fn of(deployer: [u8; 20]) -> Deployment {
        let at = |nonce| Address::from(deployer).create(nonce).into();
        Deployment {
            tokens: vec![at(0)],
            settlement: at(1),
            escrow: at(2),
        }
    }

    /// The domain of claim leaves that this deployment pays.
    pub fn domain(&self) -> Domain {
        Domain {
            chain_id: CHAIN_ID,
            contract: self.settlement,
        }
    }

    /// The test token of a devnet; the first token elsewhere.
    pub fn token(&self) -> [u8; 20] {
        self.tokens[0]
    }
}

/// A chain and the contracts on it: all that the settlement of an operator needs.
#[derive(Debug)]
pub struct Chain<B = Devnet> {
    /// The chain itself: the devnet, or what stands for another's chain here.
    pub devnet: B,
    /// The contracts that the operations below speak to.
    pub deployment: Deployment,
}

impl Chain {
    /// Opens the chain in `directory`, with `time_s` as the time of the next block unless the chain
    /// is already ahead. On a new chain the deployer's first three transactions set up a test token
    /// and the contracts; what a crash left out of these is made up for. Contracts that were
    /// deployed on other terms are `Invalid`.
    pub fn open(
        directory: &Path,
        deployer: &Wallet,
        terms: &Terms,
        time_s: u64,
    ) -> Result<Chain, Error> {
        let mut devnet = Devnet::open(directory)?;
        devnet.set_time(time_s.max(devnet.time_s()))?;
        let deployment = deployed(&devnet, deployer.address())?;
        let [settlement, escrow] = creations(&deployment, terms)?;
        let steps = [TestToken::BYTECODE.to_vec(), settlement, escrow];
        let done = devnet.nonce(deployer.address()).min(3) as usize;
        for calldata in &steps[done..] {
            create(&mut devnet, deployer, calldata)?;
        }
        devnet.sync()?;
        let chain = Chain { devnet, deployment };
        match chain.terms()? == *terms {
            true => Ok(chain),
            false => Err(Error::invalid(
                "cannot open the chain: it was deployed on other terms",
            )),
        }
    }

    /// Opens the chain of `deployer` for questions only; damage in its file is `Corrupt`.
    pub fn open_readonly(directory: &Path, deployer: [u8; 20]) -> Result<Chain, Error> {
        let devnet = Devnet::open_readonly(directory)?;
        let deployment = deployed(&devnet, deployer)?;
        Ok(Chain { devnet, deployment })
    }

    /// Puts a Settlement and an Escrow for `tokens` on a chain where these stand already.
    pub fn deploy(
        mut devnet: Devnet,
        deployer: &Wallet,
        terms: &Terms,
        tokens: &[[u8; 20]],
    ) -> Result<Chain, Error> {
        let mut tokens = tokens.to_vec();
        tokens.sort_unstable();
        let nonce = devnet.nonce(deployer.address());
        let at = |nonce| Address::from(deployer.address()).create(nonce).into();
        let deployment = Deployment {
            tokens,
            settlement: at(nonce),
            escrow: at(nonce + 1),
        };
        for calldata in creations(&deployment, terms)? {
            create(&mut devnet, deployer, &calldata)?;
        }
        devnet.sync()?;
        Ok(Chain { devnet, deployment })
    }

    /// Holds the code of the two contracts against what this version deploys. Whoever runs the
    /// chain also names its contracts, so other code could say anything about the money.
    pub fn check_code(&self) -> Result<(), Error> {
        let known = [
            (
                "Settlement",
                self.deployment.settlement,
                &Settlement::BYTECODE,
            ),
            ("Escrow", self.deployment.escrow, &Escrow::BYTECODE),
        ];
        for (name, contract, code) in known {
            let made = self.devnet.creation(contract);
            if !made.is_some_and(|calldata| calldata.starts_with(code)) {
                let place = hex::encode(contract);
                return Err(Error::corrupt(format!(
                    "the code at 0x{place} is not that of the {name} contract"
                )));
            }
        }
        Ok(())
    }
}

impl<B: Backend> Chain<B> {
    /// The domain of claim leaves that this deployment pays.
    pub fn domain(&self) -> Domain {
        Domain {
            chain_id: self.devnet.chain_id(),
            contract: self.deployment.settlement,
        }
    }

    /// What the contracts were deployed with, as they say themselves.
    pub fn terms(&self) -> Result<Terms, Error> {
        let Deployment {
            settlement, escrow, ..
        } = self.deployment;
        let window = self.ask(settlement, &Settlement::windowCall {})?;
        let ruling = self.ask(settlement, &Settlement::rulingTimeCall {})?;
        Ok(Terms {
            poster: self.ask(settlement, &Settlement::posterCall {})?.into(),
            guardian: self.ask(settlement, &Settlement::guardianCall {})?.into(),
            arbiter: self.ask(settlement, &Settlement::arbiterCall {})?.into(),
            debitor: self.ask(escrow, &Escrow::debitorCall {})?.into(),
            window_s: window.to::<u64>(),
            ruling_s: ruling.to::<u64>(),
        })
    }

    /// Sends one call under a label: while one with it is on its way, no other is signed.
    pub(crate) fn act_once<C: SolCall>(
        &mut self,
        signer: &dyn Signer,
        (to, label): ([u8; 20], String),
        calldata: Vec<u8>,
    ) -> Result<Receipt, Error> {
        let act = Act {
            to,
            calldata,
            label: Some(label),
        };
        let receipts = self.devnet.act(signer, vec![act])?;
        let receipt = receipts.into_iter().next();
        succeeded(receipt.expect("one receipt for one call"), C::SIGNATURE)
    }

    /// Calls a view function.
    pub(crate) fn ask<C: SolCall>(&self, to: [u8; 20], call: &C) -> Result<C::Return, Error> {
        decoded::<C>(to, &self.devnet.ask(to, call.abi_encode())?)
    }

    /// The same as of the block up to which events are shown.
    pub(crate) fn ask_settled<C: SolCall>(
        &self,
        to: [u8; 20],
        call: &C,
    ) -> Result<C::Return, Error> {
        decoded::<C>(to, &self.devnet.ask_settled(to, call.abi_encode())?)
    }

    /// The same, where something else may stand there, or nothing: then there is no answer.
    pub(crate) fn told<C: SolCall>(
        &self,
        to: [u8; 20],
        call: &C,
    ) -> Result<Option<C::Return>, Error> {
        match self.devnet.ask_settled(to, call.abi_encode()) {
            Err(error) if error.revert.is_some() => Ok(None),
            answer => Ok(C::abi_decode_returns(&answer?).ok()),
        }
    }

    /// Sends one call and makes it durable; a revert is `Invalid` and names the contract's error.
    pub(crate) fn act<C: SolCall>(
        &mut self,
        signer: &dyn Signer,
        to: [u8; 20],
        call: &C,
    ) -> Result<Receipt, Error> {
        let mut receipts = self.act_many(signer, to, std::slice::from_ref(call))?;
        Ok(receipts.pop().expect("one receipt for one call"))
    }

    /// Sends calls in order and makes them durable with one sync. If any reverts, the error names
    /// the first; those that succeeded stand.
    pub(crate) fn act_many<C: SolCall>(
        &mut self,
        signer: &dyn Signer,
        to: [u8; 20],
        calls: &[C],
    ) -> Result<Vec<Receipt>, Error> {
        let acts = calls.iter().map(|call| Act {
            to,
            calldata: call.abi_encode(),
            label: None,
        });
        let receipts = self.devnet.act(signer, acts.collect())?;
        receipts
            .into_iter()
            .map(|receipt| succeeded(receipt, C::SIGNATURE))
            .collect()
    }
}

fn decoded<C: SolCall>(to: [u8; 20], answer: &[u8]) -> Result<C::Return, Error> {
    C::abi_decode_returns(answer).map_err(|_| {
        let place = hex::encode(to);
        Error::invalid(format!(
            "cannot read the answer of `{}` at `0x{place}`",
            C::SIGNATURE
        ))
    })
}

/// Where `deployer` has, or will have, its contracts; a chain that another key began is `Invalid`.
fn deployed(devnet: &Devnet, deployer: [u8; 20]) -> Result<Deployment, Error> {
    let deployment = Deployment::of(deployer);
    let first = devnet.receipts().first();
    if first.is_some_and(|receipt| receipt.created != Some(deployment.token())) {
        return Err(Error::invalid(
            "cannot open the chain: another key deployed its contracts",
        ));
    }
    Ok(deployment)
}

/// The calldata that creates the Settlement and then, at the address which the Settlement already
/// names, the Escrow.
fn creations(deployment: &Deployment, terms: &Terms) -> Result<[Vec<u8>; 2], Error> {
    let roles = Epochs::Roles {
        poster: terms.poster.into(),
        guardian: terms.guardian.into(),
        arbiter: terms.arbiter.into(),
        rotator: terms.guardian.into(),
        bondHolder: terms.guardian.into(),
    };
    let bond_token = deployment.tokens.first().copied().unwrap_or_default();
    let fixed = Epochs::Terms {
        window: seconds(terms.window_s)?,
        rulingTime: seconds(terms.ruling_s)?,
        bondToken: bond_token.into(),
        bond: U96::ZERO,
        challengeBond: U96::from(CHALLENGE_BOND),
        logId: LOG_ID.into(),
    };
    let settlement = Settlement::constructorCall {
        roles,
        terms: fixed,
        escrow_: deployment.escrow.into(),
        tokens_: deployment.tokens.iter().map(Into::into).collect(),
    };
    let escrow = Escrow::constructorCall {
        settlement_: deployment.settlement.into(),
        terms: Escrow::EscrowTerms {
            debitor: terms.debitor.into(),
            refundGrace: U48::ZERO,
            creditNotice: seconds(CREDIT_NOTICE_S)?,
        },
    };
    Ok([
        [&Settlement::BYTECODE[..], &settlement.abi_encode()].concat(),
        [&Escrow::BYTECODE[..], &escrow.abi_encode()].concat(),
    ])
}

fn create(devnet: &mut Devnet, deployer: &Wallet, calldata: &[u8]) -> Result<(), Error> {
    let nonce = devnet.nonce(deployer.address());
    let raw = deployer.sign(nonce, None, calldata.to_vec());
    succeeded(devnet.send(&raw)?, "constructor").map(drop)
}

/// Where the first transaction of a key puts a contract.
pub(crate) fn place(maker: &Wallet) -> [u8; 20] {
    Address::from(maker.address()).create(0).into()
}

/// Puts a contract onto the devnet as the first transaction of a key that makes no other, and says
/// where it stands; where that was sent already, finds it.
pub(crate) fn put(devnet: &mut Devnet, maker: &Wallet, code: &[u8]) -> Result<[u8; 20], Error> {
    let place = place(maker);
    if devnet.nonce(maker.address()) == 0 {
        create(devnet, maker, code)?;
        devnet.sync()?;
    }
    match devnet.creation(place) {
        Some(made) if made == code => Ok(place),
        _ => Err(Error::invalid(format!(
            "another contract stands at `0x{}`",
            hex::encode(place)
        ))),
    }
}

/// What was called, or the error that it reverted with.
pub(crate) fn succeeded(receipt: Receipt, what: &str) -> Result<Receipt, Error> {
    match receipt.revert {
        Some(name) => Err(Error::reverted(format!("cannot call `{what}`"), name)),
        None => Ok(receipt),
    }
}

fn seconds(value: u64) -> Result<U48, Error> {
    U48::try_from(value)
        .map_err(|_| Error::invalid(format!("cannot wait `{value}` seconds: at most 2^48 - 1")))
}
