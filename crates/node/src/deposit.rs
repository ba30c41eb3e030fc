//! Deposits and refunds: the Escrow contract's facts become entries.

use crate::{Error, Node};
use protocol::command::{CreditDeposit, NoteRefund};
use protocol::event::PurseOwner;
use protocol::{AccountId, Amount, Command, FundId, TokenId};

impl Node {
    /// Credits every deposit that the contract has numbered since the last call; returns how many.
    pub fn credit_deposits(&mut self) -> Result<usize, Error> {
        let known = self.state().funds.len();
        let deposits = self.chain.deposits()?;
        let new = deposits.get(known..).unwrap_or(&[]).to_vec();
        let credit = |deposit: &chain::escrow::Deposit| {
            Ok(Command::CreditDeposit(CreditDeposit {
                fund: FundId(deposit.id),
                account: account_of(&deposit.opening.account)?,
                token: self.token_id(deposit.token)?,
                amount_units: amount(deposit.opening.amount)?,
                epoch_cap_units: amount(deposit.opening.max_per_epoch)?,
                closes_ms: deposit.opening.closes_at_s.saturating_mul(1_000),
            }))
        };
        let credits: Result<_, Error> = new.iter().map(credit).collect();
        self.operate_many("credit a deposit", credits?)?;
        Ok(new.len())
    }

    /// Sends what is left of deposits back to their funders through the contract, and notes it. The
    /// contract pays once a final epoch covers a deposit's closing time.
    pub fn refund(&mut self, funds: &[FundId]) -> Result<Vec<Amount>, Error> {
        let relayer = self.keys.wallet("relayer");
        let ids: Vec<u64> = funds.iter().map(|fund| fund.0).collect();
        let refunded = self.chain.refund(&relayer, &ids)?;
        let refunded: Vec<Amount> = refunded
            .into_iter()
            .map(amount)
            .collect::<Result<_, Error>>()?;
        let note = |(fund, amount): (&FundId, &Amount)| {
            Command::NoteRefund(NoteRefund {
                fund: *fund,
                amount_units: *amount,
            })
        };
        self.operate_many(
            "note a refund",
            funds.iter().zip(&refunded).map(note).collect(),
        )?;
        Ok(refunded)
    }

    /// What the ledger says is free in a deposit.
    pub fn free(&self, fund: FundId) -> Amount {
        let token = self
            .state()
            .fund(fund)
            .map_or(TokenId(0), |fund| fund.token);
        self.state().book.balance(PurseOwner::Fund(fund), token)
    }

    fn token_id(&self, token: [u8; 20]) -> Result<TokenId, Error> {
        let genesis = self.state().genesis.as_ref();
        let tokens = genesis.map_or(&[][..], |genesis| &genesis.tokens);
        (0u16..)
            .zip(tokens)
            .find(|(_, listed)| listed.0 == token)
            .map(|(number, _)| TokenId(number))
            .ok_or_else(|| Error::Corrupt("a deposit is in a token that is not listed".to_owned()))
    }
}

/// The contract's 32-byte reference of a ledger account: its number, big-endian, in the last bytes.
pub fn account_reference(account: AccountId) -> [u8; 32] {
    let mut reference = [0; 32];
    reference[28..].copy_from_slice(&account.0.to_be_bytes());
    reference
}

fn account_of(reference: &[u8; 32]) -> Result<AccountId, Error> {
    let (zeros, number) = reference.split_at(28);
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(Error::Corrupt(
            "a deposit names no account of the ledger".to_owned(),
        ));
    }
    Ok(AccountId(u32::from_be_bytes(
        number.try_into().expect("four bytes are left"),
    )))
}

pub(crate) fn amount(units: u128) -> Result<Amount, Error> {
    Amount::new(units)
        .ok_or_else(|| Error::Corrupt("the chain holds more than the supply cap".to_owned()))
}
