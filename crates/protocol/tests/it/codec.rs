//! Random entries of every command round-trip, and no variation of their bytes is accepted.

use crate::cbor::variations;
use proptest::prelude::*;
use protocol::campaign::{Consensus, Rule, Spec, Weighting};
use protocol::chain::NoteRefund;
use protocol::codec::{decode, encode, encoded_bytes};
use protocol::command::*;
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::operation::*;
use protocol::terms::{Demand, Terms};
use protocol::*;

mod chain;
mod read;
mod trade;

/// Numbers from which a value is made, in the order of use.
struct Numbers(std::vec::IntoIter<u64>);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0.next().unwrap_or(0)
    }

    fn narrow(&mut self) -> u32 {
        (self.next() & u64::from(u32::MAX)) as u32
    }

    fn below(&mut self, bound: u64) -> usize {
        usize::try_from(self.next() % bound).unwrap()
    }

    fn amount(&mut self) -> Amount {
        let shift = self.next() % 96;
        let units = u128::from(self.next()) << 32 | u128::from(self.narrow());
        Amount::new(units >> shift).unwrap()
    }

    fn ppm(&mut self) -> Ppm {
        Ppm::new(self.narrow() % 1_000_001).unwrap()
    }

    fn hash(&mut self) -> Hash {
        Hash([self.next() as u8; 32])
    }

    fn address(&mut self) -> Address {
        Address([self.next() as u8; 20])
    }

    fn text(&mut self) -> String {
        let length = self.below(40);
        "äb-c".chars().cycle().take(length).collect()
    }

    fn list<T>(&mut self, most: u64, one: impl Fn(&mut Self) -> T) -> Vec<T> {
        let length = self.below(most);
        (0..length).map(|_| one(self)).collect()
    }

    fn maybe<T>(&mut self, one: impl Fn(&mut Self) -> T) -> Option<T> {
        self.next().is_multiple_of(2).then(|| one(self))
    }

    fn terms(&mut self) -> Terms {
        Terms {
            purposes: self.list(4, Self::text),
            token: TokenId(self.next() as u16),
            price_units: self.amount(),
            demand: match self.below(2) {
                0 => Demand::Floor(self.ppm()),
                _ => Demand::Flow(self.ppm()),
            },
            contributors_share: self.ppm(),
            expires_ms: self.maybe(Self::next),
        }
    }

    fn spec(&mut self) -> Spec {
        Spec {
            title: self.text(),
            skill: self.text(),
            classes: self.list(30, Self::text),
            units: self.hash(),
            unit_count: self.narrow(),
            fund: FundId(self.next()),
            budget_units: self.amount(),
            price_units: self.amount(),
            overlap: self.next() as u16,
            repeats: self.next().is_multiple_of(2),
            rule: Rule {
                consensus: [
                    Consensus::Majority,
                    Consensus::DawidSkene,
                    Consensus::DawidSkeneCrowdkit,
                ][self.below(3)],
                gold_share: self.ppm(),
                block_length: self.next() as u16,
                beta: self.ppm(),
                reference_accuracy: self.ppm(),
                judgements: self.next() as u16,
            },
            appeal_ms: self.next(),
            terms: self.terms(),
            weighting: [Weighting::AcceptedAnswers, Weighting::PaidWork][self.below(2)],
            method: None,
            bonus: None,
        }
    }

    fn total(&mut self) -> UsageTotal {
        UsageTotal {
            allowance: AllowanceId(self.narrow()),
            purpose: self.next() as u16,
            uses: self.narrow(),
            amount_units: self.amount(),
            input_tokens: None,
            output_tokens: None,
        }
    }

    fn sum(&mut self) -> TokenTotal {
        TokenTotal {
            token: TokenId(self.next() as u16),
            amount_units: self.amount(),
        }
    }

    fn command(&mut self, number: u8) -> Command {
        match number {
            0 => Command::Genesis(Genesis {
                chain_id: self.next(),
                settlement: self.address(),
                escrow: self.address(),
                tokens: self.list(5, Self::address),
                log_key: self.text(),
                state_every: self.narrow(),
            }),
            1 => Command::OpenAccount(OpenAccount {
                scope: Scope::WORK.and(Scope::SPEND),
                expires_ms: self.next(),
            }),
            2 => Command::DiscloseWallet(DiscloseWallet {
                wallet: self.address(),
                delegation: WalletSignature([self.next() as u8; 65]),
                salt: self.hash(),
            }),
            3 => Command::CreditDeposit(self.credit()),
            4 => Command::OpenCampaign(self.spec()),
            5..=8 => self.work(number),
            9 => Command::CloseCampaign(CampaignId(self.narrow())),
            10 => Command::ReturnHeld(CampaignId(self.narrow())),
            51 => self.chain(),
            54 => Command::ProveDebits,
            55 => self.prepaid(),
            31.. => self.trade(number),
            _ => self.market(number),
        }
    }

    fn work(&mut self, number: u8) -> Command {
        let campaign = CampaignId(self.narrow());
        match number {
            5 => Command::OpenRound(OpenRound {
                campaign,
                first_unit: self.narrow(),
                unit_count: self.narrow(),
                gold_root: self.hash(),
            }),
            6 => Command::SealAnswers(SealAnswers {
                campaign,
                commitments: self.list(30, Self::hash),
            }),
            7 => Command::CloseRound(CloseRound {
                campaign,
                openings: self.hash(),
            }),
            _ => Command::PostScores(PostScores {
                campaign,
                algorithm: self.text(),
                input: self.hash(),
                scores: self.hash(),
                closing: self.next().is_multiple_of(2),
            }),
        }
    }

    fn market(&mut self, number: u8) -> Command {
        match number {
            11 => Command::RegisterAsset(RegisterAsset {
                kind: AssetKind::ALL[self.below(5)],
                title: self.text(),
                content: self.hash(),
                terms: self.terms(),
                parents: match self.below(2) {
                    0 => ParentList::Inline(self.list(30, |n| AssetId(n.narrow()))),
                    _ => ParentList::Attached(self.hash()),
                },
                listing: self.maybe(|n| Box::new(n.listing())),
            }),
            12 => Command::GrantAllowance(GrantAllowance {
                asset: AssetId(self.narrow()),
                fund: FundId(self.next()),
                cap_units: self.amount(),
                expires_ms: self.next(),
            }),
            13 => Command::PostSegment(PostSegment {
                asset: AssetId(self.narrow()),
                number: self.narrow(),
                rows_root: self.hash(),
                rows: self.hash(),
                totals: self.list(5, Self::total),
            }),
            14 => Command::CloseEpoch(CloseEpoch {
                epoch: EpochId(self.next()),
                root: self.hash(),
                leaves: self.narrow(),
                totals: self.list(5, Self::sum),
            }),
            15 => Command::NoteRelease(EpochId(self.next())),
            16 => Command::NoteRefund(NoteRefund {
                fund: FundId(self.next()),
                amount_units: self.amount(),
            }),
            _ => self.operation(number),
        }
    }

    fn operation(&mut self, number: u8) -> Command {
        match number {
            17 => Command::PostStateRoot(PostStateRoot {
                size: self.next(),
                layout: self.text(),
                root: self.hash(),
            }),
            18 => Command::SetWitnesses(SetWitnesses {
                keys: self.list(5, Self::text),
                quorum: self.next() as u16,
            }),
            19 => Command::NoteWitness(NoteWitness {
                checkpoint: self.text(),
            }),
            20 => Command::RotateLogKey(RotateLogKey { key: self.text() }),
            21 => Command::RotateOperator(RotateOperator {
                key: self.key(),
                possession: self.signature(),
            }),
            22 => Command::AddKey(AddKey {
                scope: Scope::WORK,
                expires_ms: self.next(),
                authority: match self.next() % 3 {
                    2 => Authority::Disclosed(
                        DiscloseWallet {
                            wallet: self.address(),
                            delegation: WalletSignature([self.next() as u8; 65]),
                            salt: self.hash(),
                        },
                        WalletSignature([self.next() as u8; 65]),
                    ),
                    0 => Authority::Wallet(WalletSignature([self.next() as u8; 65])),
                    _ => Authority::Key(self.key(), self.signature()),
                },
            }),
            23 => Command::RevokeKey(self.key()),
            _ => Command::Erase(Erase {
                what: match self.next() % 2 {
                    0 => Erasure::Openings(self.hash()),
                    _ => Erasure::Body(self.next()),
                },
                reason: EraseReason::Order,
                gold: self.next().is_multiple_of(2).then(|| ErasedGold {
                    units: self.hash(),
                    places: vec![0, self.next() as u32],
                }),
            }),
        }
    }

    fn key(&mut self) -> SessionKey {
        SessionKey([self.next() as u8; 32])
    }

    fn signature(&mut self) -> Signature {
        Signature([self.next() as u8; 64])
    }

    fn entry(&mut self, number: u8) -> Entry {
        Entry {
            seq: self.next(),
            time_ms: self.next(),
            rule: self.next() as u16,
            signed: Signed {
                submission: Submission {
                    space: Space([self.next() as u8; 16]),
                    account: self.maybe(|n| AccountId(n.narrow())),
                    key: SessionKey([self.next() as u8; 32]),
                    nonce: self.next(),
                    command: self.command(number),
                    private: self.maybe(Self::hash),
                },
                signature: Signature([self.next() as u8; 64]),
            },
        }
    }
}

/// Numbers of every width, so that every length of integer occurs.
fn numbers() -> impl Strategy<Value = Vec<u64>> {
    let number = (any::<u64>(), 0u32..64).prop_map(|(number, shift)| number >> shift);
    prop::collection::vec(number, 120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn entries_round_trip_and_have_one_form(
        number in (0u8..=24).prop_union(31..=34).or(51..=51).or(54..=55), numbers in numbers(),
    ) {
        let entry = Numbers(numbers.into_iter()).entry(number);
        let bytes = encode(&entry);
        let command = encode(&entry.signed.submission.command);
        prop_assert_eq!(command[if number < 24 { 1 } else { 2 }], number);
        prop_assert_eq!(encoded_bytes(&entry), bytes.len());
        let submission = encode(&entry.signed.submission);
        prop_assert_eq!(entry.submission_in(&bytes), &submission);
        prop_assert_eq!(entry.encode_around(&submission), bytes.clone());
        prop_assert_eq!(decode::<Entry>(&bytes), Ok(entry));
        for (what, bent) in variations(&bytes) {
            prop_assert!(decode::<Entry>(&bent).is_err(), "{what} is accepted");
        }
    }

    #[test]
    fn no_flipped_bit_decodes_to_the_same_entry(
        number in (0u8..=24).prop_union(31..=34).or(51..=51).or(54..=55), numbers in numbers(),
        at: prop::sample::Index, bit in 0u8..8,
    ) {
        let entry = Numbers(numbers.into_iter()).entry(number);
        let mut bytes = encode(&entry);
        bytes[at.index(encode(&entry).len())] ^= 1 << bit;
        prop_assert_ne!(decode::<Entry>(&bytes), Ok(entry));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(entry) = decode::<Entry>(&bytes) {
            prop_assert_eq!(encode(&entry), bytes);
        }
    }
}

#[test]
fn a_list_that_claims_to_be_endless_allocates_nothing() {
    let claims = hex::decode("a2000001829b0fffffffffffffff").unwrap();
    assert!(decode::<SealAnswers>(&claims).is_err());
    let deep = [0x81; 60_000];
    assert!(decode::<Entry>(&deep).is_err());
    let unknown = [&[0xa1, 0x17][..], &[0x81; 60_000]].concat();
    assert!(decode::<Entry>(&unknown).is_err());
}

#[test]
fn signing_bytes_begin_with_the_domain() {
    let entry = Numbers(vec![1; 99].into_iter()).entry(15);
    let bytes = entry.signed.submission.signing_bytes();
    assert_eq!(&bytes[..24], b"headwater/submission/v1\0");
    assert_eq!(bytes[24..], encode(&entry.signed.submission));
}
