//! Stakes of contributors: put in, on their way out, slashed by lines of final epochs.

use alloy_primitives::{Address, aliases::U48};
use alloy_sol_types::{SolConstructor, SolEvent, SolValue, sol};

use crate::contract::{self, TestToken};
use crate::deployment::put;
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
    /// Puts a Stake contract for the first token onto the devnet, as the first transaction of
    /// `maker`; where one stands already, finds it, whatever its delay is: that is fixed, and
    /// [`Chain::stake_terms`] says it.
    ///
    /// # Errors
    /// `Invalid` where the delay is shorter than window and ruling together, and elsewhere than on
    /// a devnet.
    pub fn put_stake(&mut self, maker: &Wallet, exit_s: u64) -> Result<[u8; 20], Error> {
        let place = place(maker);
        if self.stake_terms(place).is_some() {
            return Ok(place);
        }
        let terms = self.terms()?;
        let least_s = terms.window_s + terms.ruling_s;
        let exit = U48::try_from(exit_s).ok().filter(|_| exit_s >= least_s);
        let exit = exit.ok_or_else(|| {
            Error::invalid(format!(
                "a stake cannot wait `{exit_s}` seconds on its way out: at least {least_s}, so \
                 that it can be slashed for what it stands for"
            ))
        })?;
        let call = Stake::constructorCall {
            escrow_: self.deployment.escrow.into(),
            token_: self.deployment.token().into(),
            exitDelay_: exit,
        };
        let code = [&Stake::BYTECODE[..], &call.abi_encode()].concat();
        put(self.devnet.local_mut()?, maker, &code)
    }

    /// What a contract of this devnet was made with, if it is a Stake contract of this Escrow.
    pub fn stake_terms(&self, contract: [u8; 20]) -> Option<StakeTerms> {
        let arguments = self.devnet.local().ok()?.creation(contract)?;
        let arguments = arguments.strip_prefix(&Stake::BYTECODE[..])?;
        let made = <(Address, Address, U48)>::abi_decode_params(arguments).ok()?;
        let (escrow, token, exit) = made;
        (escrow.0 == self.deployment.escrow).then(|| StakeTerms {
            token: token.into(),
            exit_s: exit.to(),
        })
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
        let now = self.ask(contract, &Stake::stakedCall { account })?;
        Ok(Sums {
            staked: ever,
            active: now.active.to(),
            queued: now.queued.to(),
            slashed: now.slashed.to(),
        })
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

/// Where the Stake contract of a maker stands, or will.
pub fn place(maker: &Wallet) -> [u8; 20] {
    Address::from(maker.address()).create(0).into()
}
