//! Keys of one account, and what they sign: a wallet's secp256k1 key, and an Ed25519 session key.
//!
//! No secret leaves this module, and everything that is signed is made by the crates that the node
//! checks it with.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use ledger::commitment::{self, AnswerPlace, Binding};
use ledger::verify::{self, Delegation};
use proof::hash::sha256;
use proof::signature::{SessionKey as Secret, WalletKey};
use protocol::command::{DiscloseWallet, OpenAccount, SealAnswers};
use protocol::document::AnswerOpening;
use protocol::entry::Submission;
use protocol::{
    AccountId, Address, CampaignId, Command, Hash, Scope, SessionKey, Space, WalletSignature, codec,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::array::refused;
use crate::trade::Trade;

/// When the delegation of a session key ends: far away, on a full second.
const EXPIRES_MS: u64 = 4_102_444_800_000;

/// A unit, its label, and a text that goes with it.
type Said = (u32, u16, Option<String>);

/// Keys that follow from a wallet's secret: the session key is the same in every process, so that
/// an account is found again with nothing but the secret.
#[pyclass(frozen)]
pub struct Keys {
    space: Space,
    chain_id: u64,
    wallet: WalletKey,
    session: Secret,
    /// Salts follow from it; it says nothing of the wallet's secret.
    salts: [u8; 32],
}

#[pymethods]
impl Keys {
    /// From a secret of 32 bytes, for the log `space` (32 hex digits) and its chain.
    #[new]
    fn new(secret: &[u8], space: &str, chain_id: u64) -> PyResult<Self> {
        let secret: [u8; 32] = secret
            .try_into()
            .map_err(|_| PyValueError::new_err("a wallet's secret has 32 bytes"))?;
        let mut log = [0; 16];
        hex::decode_to_slice(space, &mut log)
            .map_err(|_| PyValueError::new_err("a space is 32 hex digits"))?;
        let derived = |domain: &[u8]| sha256(&[domain, &log, &secret]);
        Ok(Self {
            space: Space(log),
            chain_id,
            wallet: WalletKey::from_secret(&secret).map_err(refused)?,
            session: Secret::from_seed(&derived(b"headwater/python/session/v1\0")),
            salts: derived(b"headwater/python/salt/v1\0"),
        })
    }

    /// The wallet's address with the capitals of EIP-55.
    #[getter]
    fn address(&self) -> String {
        proof::siwe::checksummed(&self.wallet.address())
    }

    /// The session key, 64 hex digits.
    #[getter]
    fn session(&self) -> String {
        hex::encode(self.session.public())
    }

    /// The wallet's signature of a text as `personal_sign` makes it (EIP-191), `0x` and hex digits.
    fn sign_message(&self, text: &str) -> String {
        let signature = self.wallet.sign(&proof::siwe::digest(text));
        format!("0x{}", hex::encode(signature))
    }

    /// The entry that opens the account, and its private body.
    fn opening(&self, nonce: u64) -> (Vec<u8>, Vec<u8>) {
        let binding = self.binding();
        let private = commitment::binding(self.space, self.key(), &binding);
        let command = Command::OpenAccount(OpenAccount {
            scope: scope(),
            expires_ms: EXPIRES_MS,
        });
        let signed = self.signed((None, nonce), command, Some(private));
        (signed, codec::encode(&binding))
    }

    /// The entry that says where the account is paid; it links the wallet with the account.
    fn disclosure(&self, account: u32, nonce: u64) -> Vec<u8> {
        let Binding {
            wallet,
            delegation,
            salt,
        } = self.binding();
        let command = Command::DiscloseWallet(DiscloseWallet {
            wallet,
            delegation,
            salt,
        });
        self.signed((Some(account), nonce), command, None)
    }

    /// The entry that opens a campaign, from the command that a node has prepared. Anything else
    /// than a campaign, a deposit that is not `fund`, and a budget above `most_units` are refused:
    /// what a server sends is not signed unseen.
    fn campaign(
        &self,
        place: (u32, u64),
        command: &[u8],
        fund: u64,
        most_units: u128,
    ) -> PyResult<Vec<u8>> {
        let command: Command = codec::decode(command).map_err(refused)?;
        let Command::OpenCampaign(spec) = &command else {
            let why = "the node wants something else signed than a campaign";
            return Err(PyValueError::new_err(why));
        };
        if spec.fund.0 != fund || spec.budget_units.units() > most_units {
            let why = format!(
                "the node wants {} units of deposit {} signed away, at most {most_units} of \
                 deposit {fund} were asked for",
                spec.budget_units, spec.fund.0
            );
            return Err(PyValueError::new_err(why));
        }
        let (account, nonce) = place;
        Ok(self.signed((Some(account), nonce), command, None))
    }

    /// The entry that seals answers to units of a campaign, and its private body.
    fn answers(&self, place: (u32, u64), campaign: u32, answers: Vec<Said>) -> (Vec<u8>, Vec<u8>) {
        let (account, nonce) = place;
        let place = |field| AnswerPlace {
            space: self.space,
            account: AccountId(account),
            nonce,
            field,
        };
        let numbered = (0_u16..).zip(answers);
        let openings: Vec<AnswerOpening> = numbered
            .map(|(field, (unit, label, text))| AnswerOpening {
                unit,
                label,
                salt: Hash(sha256(&[
                    &self.salts,
                    &nonce.to_be_bytes(),
                    &field.to_be_bytes(),
                ])),
                text,
            })
            .collect();
        let fields = (0_u16..).zip(&openings);
        let commitments = fields.map(|(field, own)| commitment::answer(place(field), own));
        let command = Command::SealAnswers(SealAnswers {
            campaign: CampaignId(campaign),
            commitments: commitments.collect(),
        });
        let signed = self.signed((Some(account), nonce), command, None);
        (signed, codec::encode(&openings))
    }

    /// The entry by which the account does something on the market.
    fn trade(&self, place: (u32, u64), trade: &Trade) -> Vec<u8> {
        let (account, nonce) = place;
        self.signed((Some(account), nonce), trade.0.clone(), None)
    }

    /// The headers by which a request is signed (RFC 9421, `docs/spec/login.md`): names and values.
    fn request(
        &self,
        method: &str,
        target: &str,
        body: &[u8],
        once: (u64, String),
    ) -> Vec<(&'static str, String)> {
        let (created_s, nonce) = once;
        let digest = format!("sha-256=:{}:", BASE64.encode(sha256(&[body])));
        let params = format!(
            "(\"@method\" \"@target-uri\" \"content-digest\");created={created_s};\
             nonce=\"{nonce}\";keyid=\"{}\"",
            self.session()
        );
        let base = format!(
            "\"@method\": {method}\n\"@target-uri\": {target}\n\"content-digest\": {digest}\n\
             \"@signature-params\": {params}"
        );
        let signature = BASE64.encode(self.session.sign(base.as_bytes()));
        vec![
            ("Content-Digest", digest),
            ("Signature-Input", format!("hw={params}")),
            ("Signature", format!("hw=:{signature}:")),
        ]
    }
}

impl Keys {
    fn key(&self) -> SessionKey {
        SessionKey(self.session.public())
    }

    /// What ties the session key to the wallet: its EIP-712 signature.
    fn binding(&self) -> Binding {
        let delegation = Delegation {
            chain_id: self.chain_id,
            space: self.space,
            key: self.key(),
            scope: scope(),
            expires_ms: EXPIRES_MS,
        };
        Binding {
            wallet: Address(self.wallet.address()),
            delegation: WalletSignature(self.wallet.sign(&delegation.digest())),
            salt: Hash(sha256(&[b"binding\0", &self.salts])),
        }
    }

    fn signed(
        &self,
        (account, nonce): (Option<u32>, u64),
        command: Command,
        private: Option<Hash>,
    ) -> Vec<u8> {
        let submission = Submission {
            space: self.space,
            account: account.map(AccountId),
            key: self.key(),
            nonce,
            command,
            private,
        };
        codec::encode(&verify::sign(submission, &self.session))
    }
}

/// Answer units, open and close campaigns, publish assets, and pay for others' from deposits: it
/// moves no money out.
fn scope() -> Scope {
    let works = Scope::WORK.and(Scope::REQUEST);
    works.and(Scope::PUBLISH).and(Scope::SPEND)
}
