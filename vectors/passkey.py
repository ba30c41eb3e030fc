"""Writes vectors/passkey.json: a registration, assertions, and what a ledger has them sign.

Made from the specifications alone, with nothing of ours: hashlib, P-256 after FIPS 186-5 below,
authenticator data after Web Authentication level 2.
usage: python3 vectors/passkey.py > vectors/passkey.json
"""
import base64
import hashlib
import json

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
BASE = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
        0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
PARTY = "data.example.org"
ORIGIN = "https://data.example.org"


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], P - 2, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], P - 2, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(n, point):
    total = None
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def word(number):
    return number.to_bytes(32, "big")


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def sign(secret, message, high=False):
    """Any nonce will do for a vector: this one follows from the message."""
    nonce = int.from_bytes(sha(b"nonce", word(secret), message), "big") % ORDER
    r = times(nonce, BASE)[0] % ORDER
    digest = int.from_bytes(sha(message), "big")
    s = pow(nonce, ORDER - 2, ORDER) * (digest + r * secret) % ORDER
    if (s > ORDER // 2) != high:
        s = ORDER - s
    return r, s


def der(r, s):
    def number(value):
        body = value.to_bytes(value.bit_length() // 8 + 1, "big")
        return bytes([2, len(body)]) + body
    body = number(r) + number(s)
    return bytes([0x30, len(body)]) + body


def client(kind, challenge, origin=ORIGIN, more=',"crossOrigin":false'):
    text = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    return f'{{"type":"webauthn.{kind}","challenge":"{text}","origin":"{origin}"{more}}}'.encode()


def authenticator(flags, counter=7, rest=b"", party=PARTY):
    return sha(party.encode()) + bytes([flags]) + counter.to_bytes(4, "big") + rest


def case(name, challenge, words, said, secret, high=False, good=True):
    r, s = sign(secret, said + sha(words), high)
    return {
        "name": name, "good": good, "challenge": challenge.hex(), "client": words.hex(),
        "authenticator": said.hex(), "signature": (word(r) + word(s)).hex(),
        "der": der(r, s).hex(),
    }


def main():
    secret = int.from_bytes(sha(b"a passkey"), "big") % ORDER
    x, y = times(secret, BASE)
    credential = sha(b"its id")
    cose = bytes.fromhex("a5010203262001215820") + word(x) + bytes.fromhex("225820") + word(y)
    made = bytes(16) + len(credential).to_bytes(2, "big") + credential + cose
    space, wallet = bytes([7] * 16), bytes([0xab] * 20)
    payout = b"headwater/payout/v1\0" + space + (1).to_bytes(4, "big") + wallet + bytes(4)
    challenge = sha(payout)
    get = client("get", challenge)
    plain = authenticator(0x05)
    cases = [
        case("plain", challenge, get, plain, secret),
        case("high s", challenge, get, plain, secret, high=True),
        case("synced", challenge, get, authenticator(0x1d, 0), secret),
        case("no word of other sites", challenge, client("get", challenge, more=""), plain, secret),
        case("with an extension", challenge, get, authenticator(0x85, rest=b"\xa0"), secret),
        case("with more members", challenge, client(
            "get", challenge,
            more=',"crossOrigin":false,"other_keys_can_be_added_here":"see https://goo.gl/yabPex"'),
            plain, secret),
        case("a new key", challenge, client("create", challenge), plain, secret, good=False),
        case("another challenge", challenge, client("get", sha(b"x")), plain, secret, good=False),
        case("another site", challenge, client("get", challenge, "https://example.org"), plain,
             secret, good=False),
        case("a longer name", challenge, client("get", challenge, "https://evildata.example.org"),
             plain, secret, good=False),
        case("without TLS", challenge, client("get", challenge, "http://data.example.org"), plain,
             secret, good=False),
        case("within a page of others", challenge,
             client("get", challenge, more=',"crossOrigin":true'), plain, secret, good=False),
        case("below a page of others", challenge, client(
            "get", challenge, more=',"crossOrigin":false,"topOrigin":"https://evil.org"'), plain,
            secret, good=False),
        case("another party", challenge, get, authenticator(0x05, party="example.org"), secret,
             good=False),
        case("nobody there", challenge, get, authenticator(0x04), secret, good=False),
        case("not recognised", challenge, get, authenticator(0x01), secret, good=False),
        case("backed up and may not be", challenge, get, authenticator(0x15), secret, good=False),
        case("a reserved flag", challenge, get, authenticator(0x07), secret, good=False),
        case("an extension that is none", challenge, get, authenticator(0x85), secret, good=False),
        case("more than it says", challenge, get, plain + b"\0", secret, good=False),
        case("another key", challenge, get, plain, secret + 1, good=False),
    ]
    binding = sha(b"headwater/passkey/v1\0", space, bytes([0xcc] * 32), bytes([3] * 32),
                  (b"\x82\x58\x20" + sha(PARTY.encode()) + b"\xa2\x00\x58\x20" + word(x)
                   + b"\x01\x58\x20" + word(y)).ljust(256, b"\0"))
    print(json.dumps({
        "made_with": "vectors/passkey.py",
        "party": PARTY,
        "x": word(x).hex(), "y": word(y).hex(),
        "payout": {"space": space.hex(), "account": 1, "wallet": wallet.hex(), "number": 0,
                   "challenge": challenge.hex()},
        "binding": {"key": "cc" * 32, "salt": "03" * 32, "commitment": binding.hex()},
        "registration": {
            "id": credential.hex(), "client": client("create", challenge).hex(),
            "authenticator": authenticator(0x45, 0, made).hex(),
        },
        "assertions": cases,
    }, indent=2))


main()
