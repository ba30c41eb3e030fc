//! Keystore files, version 3 (Web3 Secret Storage): a secret behind a password.

use aes::Aes128;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use serde_json::Value;

use crate::{Error, Wallet};

/// Most memory that a file may ask scrypt for, in bytes: geth's own files take 256 MiB.
const MOST_MEMORY: u64 = 1 << 29;
/// Most rounds of PBKDF2.
const MOST_ROUNDS: u64 = 1 << 24;

/// Opens a keystore with its password.
///
/// # Errors
/// `Invalid` with what is wrong: the password, or a file of another kind.
pub fn open(file: &str, password: &str) -> Result<Wallet, Error> {
    let refuse = |why: &str| Error::invalid(format!("cannot open the keystore: {why}"));
    let file: Value = serde_json::from_str(file).map_err(|_| refuse("it is no JSON"))?;
    let crypto = match (&file["crypto"], &file["Crypto"]) {
        (Value::Object(_), _) => &file["crypto"],
        (_, other) => other,
    };
    if file["version"] != 3 || crypto["cipher"] != "aes-128-ctr" {
        return Err(refuse("it is none of version 3 with aes-128-ctr"));
    }
    let bytes = |value: &Value| value.as_str().and_then(|digits| hex::decode(digits).ok());
    let parts = || {
        let iv: [u8; 16] = bytes(&crypto["cipherparams"]["iv"])?.try_into().ok()?;
        Some((iv, bytes(&crypto["ciphertext"])?, bytes(&crypto["mac"])?))
    };
    let (iv, mut secret, mac) = parts().ok_or_else(|| refuse("a part is missing"))?;
    let key = derived(crypto, password).ok_or_else(|| {
        refuse(
            "its `kdf` is neither scrypt nor pbkdf2, or its numbers are too large or not allowed",
        )
    })?;
    let expected = alloy_primitives::keccak256([&key[16..], &secret].concat());
    if expected[..] != mac[..] {
        return Err(refuse("the password is wrong\nhint: nothing was changed"));
    }
    let mut cipher = Ctr128BE::<Aes128>::new(key[..16].into(), &iv.into());
    cipher.apply_keystream(&mut secret);
    let secret = secret.try_into().map_err(|_| refuse("it holds no key"))?;
    Wallet::new(&secret)
}

fn derived(crypto: &Value, password: &str) -> Option<[u8; 32]> {
    let (name, params) = (crypto["kdf"].as_str()?, &crypto["kdfparams"]);
    let number = |name: &str| params[name].as_u64();
    if number("dklen")? != 32 {
        return None;
    }
    let salt = hex::decode(params["salt"].as_str()?).ok()?;
    let mut key = [0; 32];
    match name {
        "scrypt" => {
            let (n, r, p) = (number("n")?, number("r")?, number("p")?);
            let memory = n.checked_mul(r)?.checked_mul(128)?;
            let fits = n.is_power_of_two() && memory <= MOST_MEMORY && p <= 16;
            let log_n = u8::try_from(fits.then(|| n.trailing_zeros())?).ok()?;
            let (r, p) = (u32::try_from(r).ok()?, u32::try_from(p).ok()?);
            let params = scrypt::Params::new(log_n, r, p, 32).ok()?;
            scrypt::scrypt(password.as_bytes(), &salt, &params, &mut key).ok()?;
        }
        "pbkdf2" if params["prf"] == "hmac-sha256" => {
            let rounds = number("c").filter(|rounds| *rounds <= MOST_ROUNDS)?;
            let rounds = u32::try_from(rounds).ok()?;
            pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password.as_bytes(), &salt, rounds, &mut key);
        }
        _ => return None,
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

    /// The example of the format's own page with PBKDF2, and the same key as `ethers` keeps it with
    /// scrypt; the page's other example has an N that RFC 7914 does not allow with its r.
    fn example(kdf: &str, params: &str, iv: &str, text: &str, mac: &str) -> String {
        format!(
            r#"{{"version":3,"crypto":{{"cipher":"aes-128-ctr","cipherparams":{{"iv":"{iv}"}},
            "ciphertext":"{text}","kdf":"{kdf}","kdfparams":{params},"mac":"{mac}"}}}}"#
        )
    }

    fn pbkdf2_example() -> String {
        example(
            "pbkdf2",
            r#"{"c":262144,"dklen":32,"prf":"hmac-sha256",
            "salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"}"#,
            "6087dab2f9fdbbfaddc31a909735c1e6",
            "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
            "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
        )
    }

    fn scrypt_example() -> String {
        example(
            "scrypt",
            r#"{"dklen":32,"n":4096,"r":8,"p":1,
            "salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"}"#,
            "83dbcc02d8ccb40e466191a123791e0e",
            "3b4309355ad643f2b15cfb6a83a7f6f328e7a6459a56ab8c6e25a89c8f43eb80",
            "994d83f6bfb7e6e3aa95980f72b6ad87db9d352789d0f2e433cf777425db3a42",
        )
    }

    #[test]
    fn files_of_others_open() {
        let secret: [u8; 32] = hex::decode(SECRET).unwrap().try_into().unwrap();
        let expected = Wallet::new(&secret).unwrap().address();
        for file in [pbkdf2_example(), scrypt_example()] {
            let wallet = open(&file, "testpassword").unwrap();
            assert_eq!(wallet.address(), expected);
        }
    }

    #[test]
    fn a_wrong_password_and_a_hungry_file_are_refused() {
        let error = open(&pbkdf2_example(), "testpasswort").err().unwrap();
        assert!(
            error.to_string().contains("the password is wrong"),
            "{error}"
        );
        let hungry = scrypt_example().replace("4096", "1073741824");
        let error = open(&hungry, "testpassword").err().unwrap();
        assert!(
            error.to_string().contains("too large or not allowed"),
            "{error}"
        );
    }
}
