//! Votes of an asset's contributors: minted by lines of final epochs, and never moved.

use alloy_primitives::Address;
use alloy_sol_types::{SolConstructor, SolValue, sol};

use crate::deployment::put;
use crate::devnet::Receipt;
use crate::settlement::Claim;
use crate::token::uint96;
use crate::{Backend, Chain, Error, Signer, Wallet};

sol!(PoolVotes, "../../contracts/artifacts/PoolVotes.json");

impl<B: Backend> Chain<B> {
    /// Puts a PoolVotes contract of this name onto the devnet, as the first transaction of `maker`;
    /// where that was sent already, finds it.
    pub fn put_votes(&mut self, maker: &Wallet, name: &str) -> Result<[u8; 20], Error> {
        let call = PoolVotes::constructorCall {
            settlement_: self.deployment.settlement.into(),
            name_: name.to_owned(),
            symbol_: "VOTE".to_owned(),
        };
        let code = [&PoolVotes::BYTECODE[..], &call.abi_encode()].concat();
        put(self.devnet.local_mut()?, maker, &code)
    }

    /// Whether a contract of this devnet counts votes by this Settlement.
    pub fn counts_votes(&self, contract: [u8; 20]) -> bool {
        let devnet = self.devnet.local().ok();
        let arguments = devnet.and_then(|devnet| devnet.creation(contract));
        let arguments = arguments.and_then(|code| code.strip_prefix(&PoolVotes::BYTECODE[..]));
        let made = arguments.and_then(|it| <(Address, String, String)>::abi_decode_params(it).ok());
        made.is_some_and(|(settlement, ..)| settlement.0 == self.deployment.settlement)
    }

    /// Mints what the vote line of a leaf of a final epoch gives beyond what there is. Any wallet
    /// may.
    pub fn mint_votes(
        &mut self,
        wallet: &dyn Signer,
        contract: [u8; 20],
        (epoch, claim): (u64, &Claim),
    ) -> Result<Receipt, Error> {
        let call = PoolVotes::mintCall {
            epoch,
            account: claim.leaf.account.into(),
            lines: lines(claim)?,
            proof: claim.proof.iter().map(Into::into).collect(),
        };
        self.act(wallet, contract, &call)
    }

    /// What was ever minted to an address.
    pub fn votes(&self, contract: [u8; 20], account: [u8; 20]) -> Result<u128, Error> {
        let account = account.into();
        let minted = self.ask(contract, &PoolVotes::mintedCall { account })?;
        Ok(minted.to())
    }
}

/// As the contract takes them.
pub(crate) fn lines(claim: &Claim) -> Result<Vec<Leaves::Line>, Error> {
    let line = |line: &proof::claim::Line| {
        Ok(Leaves::Line {
            kind: line.kind as u8,
            token: line.token.into(),
            cumulative: uint96(line.cumulative)?,
        })
    };
    claim.leaf.lines.iter().map(line).collect()
}
