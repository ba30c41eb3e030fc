//! Stakes of contributors: put in, on their way out, slashed by lines of final epochs.

use alloy_primitives::aliases::U48;
use alloy_sol_types::{SolConstructor, SolEvent, sol};

use crate::contract::{self, TestToken};
use crate::deployment;
use crate::devnet::{Log, Receipt};
use crate::settlement::{Claim, lines};
use crate::token::uint96;
use crate::{Backend, Chain, Error, Signer, Wallet};

sol!(Stake, "../../contracts/artifacts/Stake.json");

/// What the contract holds of one address, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// All that was ever staked.
    pub staked: u128,
    /// What is staked and not on its way out.
    pub active: u128,
    /// What is on its way out.
    pub queued: u128,
    /// All that was ever slashed.
    pub slashed: u128,
}

/// What a Stake contract was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StakeTerms {
    /// What is staked.
    pub token: [u8; 20],
    /// How long a part waits on its way out, in seconds.
    pub exit_s: u64,
}

impl<B: Backend> Chain<B> {
    /// Puts a Stake contract for the first token onto the chain, on the devnet as the first
    /// transaction of `maker`; where one stands there already, finds it. The devnet's may have
    /// another delay: that is fixed, and [`Chain::stake_terms`] says it.
    ///
    /// # Errors
    /// `Invalid` where the delay is shorter than window and ruling together; on another's chain as
    /// for [`Backend::act`], and with `waiting` until the contract stands there.
    pub fn put_stake(&mut self, maker: &Wallet, exit_s: u64) -> Result<[u8; 20], Error> {
        let exit = U48::try_from(exit_s).ok();
        let code = exit.map(|exit| self.stake_code(self.deployment.token(), exit));
        let place = self
            .devnet
            .place(maker, code.as_deref().unwrap_or_default());
        if self.stake_terms(place)?.is_some() {
            return Ok(place);
        }
        let terms = self.terms()?;
        let least_s = terms.window_s + terms.ruling_s;
        let code = code.filter(|_| exit_s >= least_s).ok_or_else(|| {
            Error::invalid(format!(
                "a stake cannot wait `{exit_s}` seconds on its way out: at least {least_s}, so \
                 that it can be slashed for what it stands for"
            ))
        })?;
        self.devnet.put(maker, &code)
    }

    /// What a contract was made with, if it is a Stake contract of this Escrow that nobody takes
    /// back.
    ///
    /// # Errors
    /// Only where the chain cannot be asked.
    pub fn stake_terms(&self, contract: [u8; 20]) -> Result<Option<StakeTerms>, Error> {
        let token = self.told(contract, &Stake::tokenCall {})?;
        let exit = self.told(contract, &Stake::exitDelayCall {})?;
        let (Some(token), Some(exit)) = (token, exit) else {
            return Ok(None);
        };
        let token = token.into();
        let own = self
            .devnet
            .was_made(contract, &self.stake_code(token, exit))?;
        Ok(own.then(|| StakeTerms {
            token,
            exit_s: exit.to(),
        }))
    }

    fn stake_code(&self, token: [u8; 20], exit: U48) -> Vec<u8> {
        let call = Stake::constructorCall {
            escrow_: self.deployment.escrow.into(),
            token_: token.into(),
            exitDelay_: exit,
        };
        [&Stake::BYTECODE[..], &call.abi_encode()].concat()
    }

    /// Stakes base units of the wallet's own; lets the contract take them first.
    pub fn stake(
        &mut self,
        wallet: &dyn Signer,
        contract: [u8; 20],
        amount: u128,
    ) -> Result<Receipt, Error> {
        let token = self.ask(contract, &Stake::tokenCall {})?;
        let allow = TestToken::approveCall {
            spender: contract.into(),
            value: alloy_primitives::U256::from(amount),
        };
        self.act(wallet, token.into(), &allow)?;
        let amount = uint96(amount)?;
        self.act(wallet, contract, &Stake::stakeCall { amount })
    }

    /// Asks for part of the wallet's stake: it waits the exit delay, and can be slashed meanwhile.
    pub fn request_exit(
        &mut self,
        wallet: &dyn Signer,
        contract: [u8; 20],
        amount: u128,
    ) -> Result<Receipt, Error> {
        let amount = uint96(amount)?;
        self.act(wallet, contract, &Stake::requestExitCall { amount })
    }

    /// Takes the wallet's oldest part that has waited, after its line of the newest final epoch.
    pub fn withdraw_stake(
        &mut self,
        wallet: &dyn Signer,
        contract: [u8; 20],
        (epoch, claim): (u64, &Claim),
    ) -> Result<Receipt, Error> {
        let call = Stake::withdrawCall {
            epoch,
            lines: lines(&claim.leaf)?,
            proof: claim.proof.iter().map(Into::into).collect(),
        };
        self.act(wallet, contract, &call)
    }

    /// Takes the wallet's oldest part without a line: in a silence, or long after it has waited.
    pub fn withdraw_stake_unproven(
        &mut self,
        wallet: &dyn Signer,
        contract: [u8; 20],
    ) -> Result<Receipt, Error> {
        self.act(wallet, contract, &Stake::withdrawUnprovenCall {})
    }

    /// What the contract itself says that it holds of one address; all that was ever staked is what
    /// its events add up to. Whoever asks for many keeps a [`crate::beside::Beside`].
    pub fn stake_of(&self, contract: [u8; 20], account: [u8; 20]) -> Result<Sums, Error> {
        let mut ever = 0;
        self.devnet.each_log(contract, &mut |log| {
            let own = staked(log).filter(|(staker, _)| *staker == account);
            ever += own.map_or(0, |(_, amount)| amount);
            true
        })?;
        let account = account.into();
        let now = self.ask_settled(contract, &Stake::stakedCall { account })?;
        Ok(Sums {
            staked: ever,
            active: now.active.to(),
            queued: now.queued.to(),
            slashed: now.slashed.to(),
        })
    }

    /// Whether the contract holds of an address what its events add up to: else some were left out,
    /// or made up.
    pub fn bears_out(
        &self,
        contract: [u8; 20],
        account: [u8; 20],
        sums: Sums,
    ) -> Result<bool, Error> {
        let account = account.into();
        let now = self.ask_settled(contract, &Stake::stakedCall { account })?;
        let said = [now.active, now.queued, now.slashed].map(|it| it.to::<u128>());
        Ok(said == [sums.active, sums.queued, sums.slashed])
    }
}

/// Who has staked how much, if an event says so.
fn staked(log: &Log) -> Option<([u8; 20], u128)> {
    if log.topics.first() != Some(&Stake::Staked::SIGNATURE_HASH.0) {
        return None;
    }
    let event = contract::event::<Stake::Staked>(log)?;
    Some((event.account.into(), event.amount.to()))
}

/// Where the devnet's Stake contract of a maker stands, or will.
pub fn place(maker: &Wallet) -> [u8; 20] {
    deployment::place(maker)
}
