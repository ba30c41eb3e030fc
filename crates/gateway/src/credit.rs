//! Calls on prepaid credit: a voucher that the payer signs for each, and no transaction.
//!
//! What the chain has of a payer is asked for once in a while: credit leaves after a notice of
//! days, and what notice is given of is never served.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use proof::voucher::Signed;
use protocol::AssetId;

use crate::Fault;
use crate::door::Gateway;
use crate::listed::Model;
use crate::payment::{self, Admitted, Paying};
use crate::settlement::Settlement;
use crate::till::{Backing, CreditKey, Undrawn};
use crate::x402::{self, Wanted};

/// For how long what the chain has said is taken as it was, in milliseconds: far below any notice.
const FRESH_MS: u64 = 60_000;
/// Most answers of the chain that are remembered.
const MOST_KNOWN: usize = 10_000;
/// What programs are told of a voucher that was shown before.
const USED: &str = "escrow_credit_voucher_used";
/// How long before its end a lent key pays no more, in seconds: its vouchers must be redeemed by
/// then.
pub const LENT_GRACE_S: u64 = 3_600;

/// When the chain was asked of a payer's use of an asset, in milliseconds, and what it said.
type Asked = (u64, Arc<Backing>);

/// What is known of payers' credit.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<BTreeMap<([u8; 20], AssetId), Asked>>);

impl Known {
    fn find(&self, of: ([u8; 20], AssetId), now_ms: u64) -> Option<Arc<Backing>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |(asked_ms, _): &&Asked| now_ms.abs_diff(*asked_ms) < FRESH_MS;
        let found = known.get(&of).filter(fresh);
        found.map(|(_, backing)| Arc::clone(backing))
    }

    fn keep(&self, of: ([u8; 20], AssetId), now_ms: u64, backing: Arc<Backing>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(of, (now_ms, backing));
    }
}

/// Takes the voucher that a call brings, or says why it pays for none.
pub(crate) async fn admit(
    gateway: &Arc<Gateway>,
    (paying, wanted): (&Paying, &Wanted<'_>),
    (model, signed): (&Model, &Signed),
) -> Result<Admitted, Fault> {
    let (key, asset) = (CreditKey::of(signed), model.served.asset);
    let refused = |why, redeemed| refused(gateway, wanted, (why, key, redeemed));
    if gateway.till.is_used(signed, wanted.units) {
        return Err(refused(Undrawn::Used, 0));
    }
    let now_ms = gateway.books.now_ms();
    let ends = signed.lent.map(|lent| lent.key.expires_at_s);
    if ends.is_some_and(|ends| ends <= now_ms / 1_000 + LENT_GRACE_S) {
        let reason = "invalid_escrow_credit_key_expired";
        return Err(payment::unpaid(wanted, reason, "payment_invalid"));
    }
    let known = paying.known.find((key.payer, asset), now_ms);
    let known = known.filter(|known| known.redeemed.contains_key(&key.key));
    let is_old = known.is_some();
    let mut backing = match known {
        Some(known) => known,
        None => ask(gateway, paying, wanted, (key, asset)).await?,
    };
    let mut drawn = gateway.till.draw(signed, &backing, wanted.units).await?;
    if is_old && matches!(drawn, Err(Undrawn::Short)) {
        // The payer may have put more in meanwhile.
        backing = ask(gateway, paying, wanted, (key, asset)).await?;
        drawn = gateway.till.draw(signed, &backing, wanted.units).await?;
    }
    let redeemed = backing.redeemed.get(&key.key).copied().unwrap_or(0);
    let drawn = drawn.map_err(|why| refused(why, redeemed))?;
    Ok(Admitted {
        key: payment::once(backing.account, backing.allowance),
        units: drawn.units(),
        drawn: Some(drawn),
        settlement: Settlement::Voucher {
            terms: wanted.terms.clone(),
            key,
            redeemed,
        },
    })
}

async fn ask(
    gateway: &Gateway,
    paying: &Paying,
    wanted: &Wanted<'_>,
    (key, asset): (CreditKey, AssetId),
) -> Result<Arc<Backing>, Fault> {
    let mut keys = gateway.till.credit_keys(key.payer);
    if !keys.contains(&key.key) {
        keys.push(key.key);
    }
    let asked = paying
        .ask(move |cashier| cashier.credit(key.payer, &keys, asset))
        .await?;
    let backing = asked.map_err(|why| payment::not_paid(wanted, why))?;
    let backing = Arc::new(backing);
    let of = (key.payer, asset);
    paying
        .known
        .keep(of, gateway.books.now_ms(), Arc::clone(&backing));
    Ok(backing)
}

/// A voucher that pays for no call, and where its key stands. Whoever has shown it before is not
/// asked to pay: whoever signs another pays for another call.
fn refused(
    gateway: &Gateway,
    wanted: &Wanted<'_>,
    (why, key, redeemed): (Undrawn, CreditKey, u128),
) -> Fault {
    let stands = gateway.till.stands(key, redeemed);
    if let Some(reason) = why.word() {
        let wanted = Wanted {
            stands: Some(stands),
            url: wanted.url.clone(),
            ..*wanted
        };
        return payment::unpaid(&wanted, reason, "payment_invalid");
    }
    let words = format!(
        "the voucher has paid for a call, pays for one that runs, was redeemed, or a later one has \
         taken its place: {} units were served and {} signed; a new call of this price needs a \
         voucher of {}",
        stands.served,
        stands.signed,
        stands.next(wanted.units)
    );
    let told = x402::credit::settled(wanted.terms, key.payer, &stands, Some(USED));
    Fault {
        payment: Some(Box::new((x402::RESPONSE, x402::encoded(&told)))),
        ..Fault::conflict("payment_used", words)
    }
}

impl Undrawn {
    /// In x402's words; none of a voucher that was taken before.
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Used => None,
            Self::Low => Some("invalid_escrow_credit_cumulative_low"),
            Self::High => Some("invalid_escrow_credit_cumulative_high"),
            Self::Short => Some("insufficient_funds"),
            Self::Keys => Some("invalid_escrow_credit_too_many_keys"),
        }
    }
}
