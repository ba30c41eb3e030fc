//! Calls that bring their own payment (x402), which is taken before anything runs.
//!
//! A payment becomes an allowance of the payer, and from there on a call is as any other: what it
//! may cost is set aside, what it has used is charged. A payment pays for one call however often it
//! is shown: all of it is set aside for that call, since whoever reads the chain could show it too.
//! One that was taken for a call which came to nothing pays for the next try.

use std::sync::Arc;

use proof::authorization::{Authorization, TokenDomain};
use proof::voucher::{EscrowDomain, Signed};
use protocol::{AccountId, AllowanceId, AssetId, TokenId};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::credit::{self, Known};
use crate::door::{Asked, Gateway};
use crate::listed::Model;
use crate::settlement::Settlement;
use crate::till::{Backing, Drawn, Most};
use crate::x402::{self, Wanted};
use crate::{Fault, Key};

/// Most payments that wait for the chain; one beyond them is told to come again.
const AT_ONCE: usize = 64;
/// Length of the question whose price is listed, in bytes.
const LISTED_BYTES: u64 = 1_024;
/// Number of the key under which such calls are counted; no key that was issued has it.
pub(crate) const NO_KEY: i64 = 0;

/// What a payer must know to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The token and its chain.
    pub domain: TokenDomain<'static>,
    /// The token's number in the log.
    pub token: TokenId,
    /// Who is paid: whoever makes deposits of what comes.
    pub pay_to: [u8; 20],
    /// Where prepaid credit lies.
    pub escrow: [u8; 20],
}

impl Terms {
    /// In which vouchers on that credit are signed.
    pub fn credit_domain(&self) -> EscrowDomain {
        EscrowDomain {
            chain_id: self.domain.chain_id,
            escrow: self.escrow,
        }
    }
}

/// What a call brings to be paid with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// A transfer for this call alone.
    Transfer(Payment),
    /// A voucher on prepaid credit.
    Voucher(Signed),
}

/// A transfer with the payer's signature: r, s and v.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What is signed.
    pub authorization: Authorization,
    /// By `from`, as was checked where it came in.
    pub signature: [u8; 65],
}

/// A payment that was taken, now or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The payer's account in the log.
    pub account: AccountId,
    /// What the payment has become.
    pub allowance: AllowanceId,
    /// What it is good for.
    pub asset: AssetId,
    /// The transaction that has moved it.
    pub tx_hash: [u8; 32],
}

/// Why a payment pays for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unpaid {
    /// Nothing has moved, for this reason in x402's words.
    Refused(&'static str),
    /// It was moved, and the log lets it pay for nothing here: it goes back to the payer.
    Returns {
        /// The transaction.
        tx_hash: [u8; 32],
        /// For people.
        why: String,
    },
    /// Whether it was moved is not known; showing it again will tell.
    Unknown(String),
}

/// Whoever has the chain.
pub trait Cashier: Send + Sync {
    /// What payers sign.
    fn terms(&self) -> Terms;

    /// Takes a payment of at least so many base units for calls of an asset; of one that was taken
    /// before it gives what that has become. It may wait.
    ///
    /// # Errors
    /// See [`Unpaid`].
    fn take(&self, payment: &Payment, asset: AssetId, least_units: u128) -> Result<Paid, Unpaid>;

    /// What a payer has of prepaid credit, with what was redeemed of each of these keys, and what
    /// its uses of an asset are charged to; that is opened where there is none. It may wait.
    ///
    /// # Errors
    /// See [`Unpaid`]; nothing has moved in any case.
    fn credit(&self, payer: [u8; 20], keys: &[[u8; 20]], asset: AssetId)
    -> Result<Backing, Unpaid>;
}

/// How payments are taken here.
pub(crate) struct Paying {
    cashier: Arc<dyn Cashier>,
    /// Where callers reach this gateway, without a slash at its end.
    origin: String,
    free: Arc<Semaphore>,
    pub known: Known,
}

impl Paying {
    pub fn new(cashier: Arc<dyn Cashier>, origin: String) -> Self {
        Self {
            cashier,
            origin,
            free: Arc::new(Semaphore::new(AT_ONCE)),
            known: Known::default(),
        }
    }

    /// Goes on to its end also where the caller hangs up meanwhile.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Cashier) -> Result<T, Unpaid> + Send + 'static,
    ) -> Result<Result<T, Unpaid>, Fault> {
        let place = Arc::clone(&self.free).try_acquire_owned();
        let place = place.map_err(|_| unknown("many pay at the moment"))?;
        let cashier = Arc::clone(&self.cashier);
        let asked = tokio::task::spawn_blocking(move || {
            let _place = place;
            question(&*cashier)
        });
        asked
            .await
            .map_err(|_| unknown("whoever takes it has failed"))
    }
}

/// What a call with a payment goes on with.
pub(crate) struct Admitted {
    /// Good for this call alone.
    pub key: Key,
    /// Base units to set aside: the whole payment, which is at least what the call may cost.
    pub units: u128,
    /// The voucher, where one pays.
    pub drawn: Option<Drawn>,
    /// What the payer is told beside the answer.
    pub settlement: Settlement,
}

/// Takes the payment that a call brings, or says what it costs.
pub(crate) async fn admit(
    gateway: &Arc<Gateway>,
    asked: &Asked,
    (model, units): (&Arc<Model>, u128),
) -> Result<Admitted, Fault> {
    let paying = gateway.paying().ok_or_else(Fault::no_key)?;
    let terms = paying.cashier.terms();
    if model.served.token != terms.token {
        return Err(Fault::no_key());
    }
    // A payment of nothing is none.
    let units = units.max(1);
    let wanted = Wanted {
        terms: &terms,
        units,
        url: format!("{}/v1/{}", paying.origin, asked.path),
        description: &model.served.title,
        stands: None,
    };
    let Some(header) = asked.payment.as_deref() else {
        let words =
            "send a key, or pay for this call: header `payment-required` says what and whom";
        return Err(unpaid(&wanted, words, "payment_required"));
    };
    let brought = x402::read(header, &terms).map_err(|fault| match fault {
        x402::Unfit::Unread(words) => Fault::invalid("payment_malformed", words),
        x402::Unfit::Other(reason) => unpaid(&wanted, reason, "payment_invalid"),
    })?;
    match brought {
        Brought::Transfer(payment) => transferred((paying, &wanted), model, payment).await,
        Brought::Voucher(signed) => {
            credit::admit(gateway, (paying, &wanted), (model, &signed)).await
        }
    }
}

async fn transferred(
    (paying, wanted): (&Paying, &Wanted<'_>),
    model: &Model,
    payment: Payment,
) -> Result<Admitted, Fault> {
    let (asset, units) = (model.served.asset, wanted.units);
    let taken = paying
        .ask(move |cashier| cashier.take(&payment, asset, units))
        .await?;
    let paid = taken.map_err(|why| not_paid(wanted, why))?;
    if paid.asset != asset {
        let words = format!("the payment was for the model of asset {}", paid.asset);
        return Err(Fault::conflict("payment_used", words));
    }
    Ok(Admitted {
        key: once(paid.account, paid.allowance),
        units: units.max(payment.authorization.value),
        drawn: None,
        settlement: Settlement::Transfer {
            terms: wanted.terms.clone(),
            payer: payment.authorization.from,
            tx_hash: paid.tx_hash,
        },
    })
}

/// A key that is good for one call.
pub(crate) fn once(account: AccountId, allowance: AllowanceId) -> Key {
    Key {
        id: NO_KEY,
        account,
        allowances: vec![allowance],
        budget_units: None,
        per_minute: None,
        models: Vec::new(),
        purpose: None,
        expires_ms: u64::MAX,
    }
}

impl Gateway {
    /// What can be paid for call by call, in the form of x402's discovery: `limit` of them from
    /// `offset` on, as of this time.
    pub fn resources(&self, offset: usize, limit: usize) -> Value {
        let catalogue = self.catalogue();
        let mut items = Vec::new();
        if let Some(Paying {
            cashier, origin, ..
        }) = self.paying()
        {
            let terms = cashier.terms();
            let payable = |model: &&Arc<Model>| model.served.token == terms.token;
            let models = catalogue.values().filter(payable);
            items.extend(models.map(|model| self.resource(model, (&terms, origin))));
        }
        let total = items.len();
        let page: Vec<Value> = items.into_iter().skip(offset).take(limit).collect();
        json!({
            "x402Version": 2,
            "items": page,
            "pagination": {"limit": limit, "offset": offset, "total": total},
        })
    }

    /// Its price is that of a question of [`LISTED_BYTES`] with the longest usual answer, or of the
    /// usual number of rows, and of
    /// all that it may use of others; what a call costs is told when it is made.
    fn resource(&self, model: &Model, (terms, origin): (&Terms, &str)) -> Value {
        let served = &model.served;
        let price = model.price(LISTED_BYTES, model.output_most.into());
        let most = price.map(|price| Most::of(price.units(), model));
        let most = most.map_or(1, |most| most.parts(served.composition.clone()).0);
        let path = model.engine.usual_route().path();
        let wanted = Wanted {
            terms,
            units: most.max(1),
            url: format!("{origin}/v1/{path}"),
            description: &served.title,
            stands: None,
        };
        let metadata = json!({
            "method": "POST",
            "model": model.name,
            "asset": served.asset.0,
            "purposes": served.purposes,
        });
        x402::listed(&wanted, self.books.now_ms(), &metadata)
    }
}

pub(crate) fn not_paid(wanted: &Wanted<'_>, why: Unpaid) -> Fault {
    match why {
        Unpaid::Refused(reason) => unpaid(wanted, reason, "payment_invalid"),
        Unpaid::Returns { tx_hash, why } => {
            let tx = x402::hex(&tx_hash);
            let words = format!("transaction {tx} is the payer's deposit and goes back: {why}");
            Fault::conflict("payment_returns", words)
        }
        Unpaid::Unknown(why) => unknown(&why),
    }
}

pub(crate) fn unpaid(wanted: &Wanted<'_>, reason: &str, code: &'static str) -> Fault {
    Fault {
        payment: Some(Box::new((x402::REQUIRED, x402::required(wanted, reason)))),
        ..Fault::unpaid(code, reason)
    }
}

fn unknown(why: &str) -> Fault {
    let words = format!("do not pay again: send the same payment once more ({why})");
    Fault {
        retry_after_s: Some(1),
        ..Fault::pending(words)
    }
}
