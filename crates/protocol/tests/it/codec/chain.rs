//! Random commands of further chains and of prepaid credit.

use super::Numbers;
use protocol::chain::{Contracts, FurtherChain};
use protocol::command::CreditDeposit;
use protocol::credit::{Credit, NoteRedemption, OpenCredit};
use protocol::{AccountId, AssetId, ChainIndex, Command, EpochId, FundId, TokenId};

impl Numbers {
    pub(super) fn chain(&mut self) -> Command {
        let chain = ChainIndex(self.next() as u16);
        Command::FurtherChain(match self.below(3) {
            0 => FurtherChain::Join(Contracts {
                chain_id: self.next(),
                settlement: self.address(),
                escrow: self.address(),
                tokens: self.list(5, Self::address),
            }),
            1 => FurtherChain::Credit(chain, self.credit()),
            _ => FurtherChain::Release(chain, EpochId(self.next())),
        })
    }

    pub(super) fn prepaid(&mut self) -> Command {
        let account = AccountId(self.narrow());
        Command::Credit(match self.below(2) {
            0 => Credit::Open(OpenCredit {
                account,
                asset: AssetId(self.narrow()),
                expires_ms: self.next(),
            }),
            _ => Credit::Redeem(NoteRedemption {
                chain: ChainIndex(self.next() as u16),
                number: self.next(),
                account,
                token: TokenId(self.next() as u16),
                amount_units: self.amount(),
            }),
        })
    }

    pub(super) fn credit(&mut self) -> CreditDeposit {
        CreditDeposit {
            fund: FundId(self.next()),
            account: AccountId(self.narrow()),
            token: TokenId(self.next() as u16),
            amount_units: self.amount(),
            epoch_cap_units: self.amount(),
            closes_ms: self.next(),
        }
    }
}
