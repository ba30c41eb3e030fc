//! Accounts and their session keys, packed so that a million of them fit in memory.

use crate::keys::{Key, Keys};
use alloc::vec::Vec;
use core::fmt;
use protocol::{AccountId, Address, Hash, Scope, SessionKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A pseudonym.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Commitment to the wallet and its delegation.
    pub binding: Option<Hash>,
    /// The session key that opened the account; the binding commits to it. The operator's is the
    /// one that runs the log now.
    pub key: SessionKey,
    /// What that key was delegated to do.
    pub scope: Scope,
    /// Until when.
    pub expires_ms: u64,
    /// Known once its holder has disclosed it, or has named it by a passkey.
    pub wallet: Option<Address>,
}

/// Every account of a space with every session key.
#[derive(Clone, Default)]
pub struct Accounts {
    /// By [`AccountId`].
    rows: Vec<Row>,
    keys: Keys,
}

/// What is known of an account besides its first key, which stands among the keys alone.
#[derive(Clone)]
struct Row {
    binding: Option<Hash>,
    wallet: Option<Address>,
    /// Where that key stands in [`Accounts::keys`].
    key: u32,
}

impl Accounts {
    /// The account, or `None` where the number is not in use.
    pub fn get(&self, id: AccountId) -> Option<Account> {
        self.rows.get(id.index()).map(|row| self.whole(row))
    }

    /// All accounts, by their numbers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Account> {
        self.rows.iter().map(|row| self.whole(row))
    }

    /// The accounts whose wallet is known, by their numbers.
    pub fn wallets(&self) -> impl Iterator<Item = (AccountId, Address)> {
        let numbered = (0..).map(AccountId).zip(&self.rows);
        numbered.filter_map(|(id, row)| Some((id, row.wallet?)))
    }

    /// How many accounts there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True before the first account.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Session keys and what they may do.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The same, for keys that join an account and for what they use up.
    pub fn keys_mut(&mut self) -> &mut Keys {
        &mut self.keys
    }

    /// Opens the next account. Its key, which must be new, joins the others and has signed nothing.
    pub fn open(&mut self, account: Account) -> AccountId {
        let id = AccountId(u32::try_from(self.rows.len()).expect("fewer than 2^32 accounts"));
        let known = Key::new(id, account.scope, account.expires_ms);
        self.rows.push(Row {
            binding: account.binding,
            wallet: account.wallet,
            key: self.keys.insert(account.key, known),
        });
        id
    }

    /// Names the wallet of an account, and returns the one before.
    ///
    /// # Panics
    /// Where there is no such account.
    pub fn set_wallet(&mut self, id: AccountId, wallet: Address) -> Option<Address> {
        self.rows[id.index()].wallet.replace(wallet)
    }

    /// Puts another of the keys in the place of an account's first.
    ///
    /// # Panics
    /// Where there is no such account, or no such key.
    pub fn set_key(&mut self, id: AccountId, key: &SessionKey) {
        let place = self.keys.place(key);
        self.rows[id.index()].key = place.expect("a key that has joined");
    }

    fn whole(&self, row: &Row) -> Account {
        let (key, known) = self.keys.at(row.key);
        Account {
            binding: row.binding,
            key: *key,
            scope: known.scope,
            expires_ms: known.expires_ms,
            wallet: row.wallet,
        }
    }

    /// Puts together what a snapshot has apart; `None` where an account's first key is not among
    /// the keys, or is not as the account says.
    fn of(accounts: Vec<Account>, keys: Keys) -> Option<Self> {
        let mut places: Vec<Option<u32>> = alloc::vec![None; accounts.len()];
        for (place, (key, known)) in keys.rows() {
            let id = known.account.index();
            let own = accounts.get(id).filter(|account| account.key == *key);
            if let Some(own) = own
                && (own.scope, own.expires_ms) == (known.scope, known.expires_ms)
            {
                places[id] = Some(place);
            }
        }
        let row = |(account, key): (Account, Option<u32>)| {
            Some(Row {
                binding: account.binding,
                wallet: account.wallet,
                key: key?,
            })
        };
        let rows = accounts.into_iter().zip(places).map(row);
        let rows = rows.collect::<Option<_>>()?;
        Some(Self { rows, keys })
    }
}

/// The order in which keys have joined does not count: a snapshot does not have it.
impl PartialEq for Accounts {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter()) && self.keys == other.keys
    }
}

impl Eq for Accounts {}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts: Vec<Account> = self.iter().collect();
        let mut whole = f.debug_struct("Accounts");
        whole.field("accounts", &accounts).field("keys", &self.keys);
        whole.finish()
    }
}

/// As the list of whole accounts and the map of keys.
impl Serialize for Accounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct List<'a>(&'a Accounts);

        impl Serialize for List<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter())
            }
        }

        (List(self), &self.keys).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Accounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (accounts, keys) = Deserialize::deserialize(deserializer)?;
        Self::of(accounts, keys).ok_or_else(|| D::Error::custom("an account has no key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use alloc::vec;
    use proptest::prelude::*;

    fn account(key: u8, expires_ms: u64, wallet: Option<u8>) -> Account {
        Account {
            binding: (key != 0).then_some(Hash([key; 32])),
            key: SessionKey([key.wrapping_mul(167); 32]),
            scope: Scope::WORK,
            expires_ms,
            wallet: wallet.map(|byte| Address([byte; 20])),
        }
    }

    proptest! {
        #[test]
        fn a_snapshot_has_a_list_of_whole_accounts_and_reads_back(
            opened in prop::collection::vec((0u64..3, any::<Option<u8>>(), any::<bool>()), 0..60),
        ) {
            let (mut packed, mut list) = (Accounts::default(), vec![]);
            let mut map = BTreeMap::new();
            for (number, (expires_ms, wallet, rotated)) in (0u8..).zip(opened) {
                // Every other account opens with its wallet, the rest name it later.
                let at_once = wallet.filter(|_| number % 2 == 0);
                let mut own = account(number, expires_ms, at_once);
                let id = packed.open(own);
                prop_assert_eq!(id, AccountId(u32::from(number)));
                map.insert(own.key, Key::new(id, own.scope, own.expires_ms));
                if let Some(named) = wallet {
                    own.wallet = Some(Address([named; 20]));
                    let before = packed.set_wallet(id, Address([named; 20]));
                    prop_assert_eq!(before, at_once.and(own.wallet));
                }
                if rotated {
                    own.key.0[31] ^= 1;
                    own.expires_ms = 7;
                    let known = Key::new(id, own.scope, own.expires_ms);
                    packed.keys_mut().insert(own.key, known.clone());
                    packed.set_key(id, &own.key);
                    map.insert(own.key, known);
                }
                list.push(own);
            }
            prop_assert_eq!(packed.len(), list.len());
            prop_assert_eq!(packed.is_empty(), list.is_empty());
            prop_assert!(packed.iter().eq(list.iter().copied()));
            let numbered = (0..).map(AccountId).zip(&list);
            let wallets = numbered.filter_map(|(id, own)| Some((id, own.wallet?)));
            prop_assert!(packed.wallets().eq(wallets));
            for id in 0..61 {
                prop_assert_eq!(packed.get(AccountId(id)), list.get(id as usize).copied());
            }
            let bytes = postcard::to_allocvec(&packed).unwrap();
            prop_assert_eq!(&bytes, &postcard::to_allocvec(&(&list, &map)).unwrap());
            prop_assert_eq!(postcard::from_bytes::<Accounts>(&bytes).unwrap(), packed);
        }
    }

    #[test]
    fn an_account_without_its_key_is_not_read() {
        let own = account(1, 9, None);
        let key = Key::new(AccountId(0), own.scope, own.expires_ms);
        let read = |account: Account, name: SessionKey, key: &Key| {
            let map = BTreeMap::from([(name, key.clone())]);
            let bytes = postcard::to_allocvec(&(vec![account], map)).unwrap();
            postcard::from_bytes::<Accounts>(&bytes).ok()
        };
        assert!(read(own, own.key, &key).is_some());
        assert_eq!(read(own, SessionKey([9; 32]), &key), None);
        let others = [
            Key::new(AccountId(1), key.scope, key.expires_ms),
            Key::new(AccountId(0), Scope::SPEND, key.expires_ms),
            Key::new(AccountId(0), key.scope, key.expires_ms + 1),
        ];
        for other in others {
            assert_eq!(read(own, own.key, &other), None);
        }
    }

    #[test]
    fn an_account_and_its_key_take_no_more_room_than_they_must() {
        assert!(size_of::<Row>() <= 60);
        assert!(size_of::<(SessionKey, Key)>() <= 80);
    }
}
