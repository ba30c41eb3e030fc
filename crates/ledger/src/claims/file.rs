//! The public file of an epoch's leaves, written leaf by leaf.

use core::fmt;
use proof::claim::{Debits, Domain, Leaf};
use protocol::{Address, EpochId, Hash};

/// A file that has begun. The chain of the first entry is begun with it; each further one is in its
/// turn, and each leaf is of the chain that was begun last.
pub(super) struct Writer<'a, W> {
    out: &'a mut W,
    /// Chains beside the first that were begun.
    further: usize,
    /// Leaves of the chain that was begun last.
    leaves: usize,
}

impl<'a, W: fmt::Write> Writer<'a, W> {
    pub fn begin(
        out: &'a mut W,
        epoch: EpochId,
        first: &Domain,
        root: Hash,
    ) -> Result<Self, fmt::Error> {
        let (chain, settlement) = (first.chain_id, Address(first.contract));
        write!(
            out,
            "{{\n\"epoch\":{epoch},\n\"chainId\":{chain},\n\"settlement\":\"0x{settlement}\",\n\
             \"root\":\"0x{root}\",\n\"leaves\":["
        )?;
        Ok(Self {
            out,
            further: 0,
            leaves: 0,
        })
    }

    pub fn leaf(&mut self, leaf: &Leaf) -> fmt::Result {
        self.out
            .write_str(if self.leaves == 0 { "\n" } else { ",\n" })?;
        self.leaves += 1;
        let account = Address(leaf.account);
        write!(self.out, "{{\"account\":\"0x{account}\",\"lines\":[")?;
        for (position, line) in leaf.lines.iter().enumerate() {
            self.out.write_str(if position == 0 { "" } else { "," })?;
            let (kind, token, cumulative) = (line.kind as u8, Address(line.token), line.cumulative);
            write!(
                self.out,
                "{{\"kind\":{kind},\"token\":\"0x{token}\",\"cumulative\":\"{cumulative}\"}}"
            )?;
        }
        self.out.write_str("]}")
    }

    /// What the epoch debits on this chain, behind its leaves; nothing where there is none, so that
    /// the files of older logs stay what they were.
    pub fn debits(&mut self, debits: &Debits) -> fmt::Result {
        if debits.rows.is_empty() {
            return Ok(());
        }
        let escrow = Address(debits.escrow);
        write!(self.out, "\n],\n\"escrow\":\"0x{escrow}\",\n\"debits\":[")?;
        for (position, debit) in debits.rows.iter().enumerate() {
            self.out
                .write_str(if position == 0 { "\n" } else { ",\n" })?;
            let (id, cumulative) = (debit.id, debit.cumulative);
            write!(self.out, "{{\"id\":{id},\"cumulative\":\"{cumulative}\"}}")?;
        }
        Ok(())
    }

    /// Begins a further chain.
    pub fn chain(&mut self, domain: &Domain) -> fmt::Result {
        self.out.write_str(match self.further {
            0 => "\n],\n\"further\":[\n",
            _ => "\n]},\n",
        })?;
        (self.further, self.leaves) = (self.further + 1, 0);
        let (chain, settlement) = (domain.chain_id, Address(domain.contract));
        write!(
            self.out,
            "{{\"chainId\":{chain},\"settlement\":\"0x{settlement}\",\"leaves\":["
        )
    }

    pub fn end(self) -> fmt::Result {
        self.out.write_str(match self.further {
            0 => "\n]\n}\n",
            _ => "\n]}\n]\n}\n",
        })
    }
}
