"""Writes vectors/proof.json: cosignatures, witness requests, promises, refusals, receipts.

Made from the specifications alone, with nothing of ours: hashlib, Ed25519 after RFC 8032 below, and
dilithium_py 1.5.1 (PyPI) for ML-DSA-44.    usage: python3 vectors/proof.py > vectors/proof.json
"""
import base64
import hashlib
import json

from dilithium_py.ml_dsa import ML_DSA_44

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493
BASE = (15112221349535400772501151409588531511454012693041857206046113283949847762202,
        46316835694926478169428394003475163141307993866256225615783033603165251855960)


def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1]
    return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + k, P - 2, P) % P,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, P - 2, P) % P)


def point(n):
    total, base = (0, 1), BASE
    while n:
        if n & 1:
            total = add(total, base)
        base, n = add(base, base), n >> 1
    return (total[1] | (total[0] & 1) << 255).to_bytes(32, "little")


def number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


class Ed25519:
    def __init__(self, seed):
        digest = hashlib.sha512(seed).digest()
        self.a = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix, self.public = digest[32:], point(self.a)

    def sign(self, text):
        r = number(self.prefix, text) % ORDER
        s = (r + number(point(r), self.public, text) * self.a) % ORDER
        return point(r) + s.to_bytes(32, "little")


class MlDsa44:
    def __init__(self, seed):
        self.public, self.secret = ML_DSA_44.key_derive(seed)

    def sign(self, text):
        return ML_DSA_44.sign(self.secret, text, deterministic=True)


def b64(raw):
    return base64.b64encode(raw).decode()


def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def vkey(name, kind, public):
    return f"{name}+{key_id(name, kind, public).hex()}+{b64(bytes([kind]) + public)}"


def line(name, kind, public, signature):
    return f"\u2014 {name} {b64(key_id(name, kind, public) + signature)}\n"


def note(text):
    return text + "\n" + line(LOG, 1, LOG_KEY.public, LOG_KEY.sign(text.encode()))


def cosignature(kind, key, text, time):
    if kind == 4:
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
    else:
        origin, size, root = text.split("\n")[:3]
        message = (b"subtree/v1\n\0" + bytes([len(WITNESS)]) + WITNESS.encode()
                   + time.to_bytes(8, "big") + bytes([len(origin)]) + origin.encode()
                   + bytes(8) + int(size).to_bytes(8, "big") + base64.b64decode(root))
    return line(WITNESS, kind, key.public, time.to_bytes(8, "big") + key.sign(message))


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m < k:
        return path(m, leaves[:k]) + [root(leaves[k:])]
    return path(m - k, leaves[k:]) + [root(leaves[:k])]


def consistency(m, leaves, whole=True):
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


def checkpoint(size, extension=""):
    return f"{LOG}\n{size}\n{b64(root(LEAVES[:size]))}\n{extension}"


LOG, WITNESS = "log.example/vectors", "witness.example/w1"
LOG_SEED, WITNESS_SEED = bytes(range(32)), bytes(range(32, 64))
LOG_KEY = Ed25519(LOG_SEED)
ENTRIES = [f"entry {seq}".encode() for seq in range(23)]
LEAVES = [hashlib.sha256(b"\0" + entry).digest() for entry in ENTRIES]


def witness_cases():
    cases = []
    for old, size in [(0, 5), (5, 5), (1, 2), (3, 7), (4, 8), (6, 23), (8, 23), (22, 23)]:
        proof = consistency(old, LEAVES[:size]) if 0 < old < size else []
        head = f"old {old}\n" + "".join(b64(hash) + "\n" for hash in proof)
        body = head + "\n" + note(checkpoint(size))
        cases.append({"old": old, "old_root": root(LEAVES[:old]).hex(), "size": size, "body": body})
    return cases


def receipt(index, size, extra):
    lines = ["c2sp.org/tlog-proof@v1"] + ([f"extra {b64(extra)}"] if extra is not None else [])
    lines += [f"index {index}"] + [b64(hash) for hash in path(index, LEAVES[:size])]
    return "\n".join(lines) + "\n\n" + note(checkpoint(size))


def main():
    cosignatures = []
    for kind, name, key in [(4, "ed25519", Ed25519(WITNESS_SEED)), (6, "ml_dsa_44", MlDsa44(WITNESS_SEED))]:
        for size, time, extension in [(5, 1679315147, ""), (23, 2**63 - 1, ""), (7, 1, "other line\n")]:
            text = checkpoint(size, extension)
            cosignatures.append({"algorithm": name, "seed": WITNESS_SEED.hex(), "name": WITNESS,
                                 "key": vkey(WITNESS, kind, key.public), "time_s": time,
                                 "text": text, "line": cosignature(kind, key, text, time)})
    submission = hashlib.sha256(b"signing bytes" + bytes(range(64))).digest()
    promise = (f"headwater/promise/v1\n{LOG}\nsubmission {submission.hex()}\nindex 17\n"
               "arrived 1700000000000\nmerged by 1700000060000\n")
    refusal = (f"headwater/refusal/v1\n{LOG}\nsubmission {submission.hex()}\n"
               "code not_enough_balance\nsize 17\ntime 1700000000000\n")
    vectors = {
        "made_with": "vectors/proof.py: hashlib, Ed25519 after RFC 8032, dilithium_py 1.5.1",
        "log": {"seed": LOG_SEED.hex(), "key": vkey(LOG, 1, LOG_KEY.public), "entries": len(ENTRIES)},
        "cosignature": cosignatures,
        "witness": witness_cases(),
        "promise": {"signing_bytes": b"signing bytes".hex(), "signature": bytes(range(64)).hex(),
                    "submission": submission.hex(), "note": note(promise)},
        "refusal": {"note": note(refusal)},
        "receipt": [{"index": index, "text": receipt(index, size, extra)}
                    for index, size, extra in [(0, 1, ENTRIES[0]), (4, 23, ENTRIES[4]),
                                               (22, 23, ENTRIES[22]), (16, 20, None), (3, 8, b"")]],
    }
    print(json.dumps(vectors, indent=1, ensure_ascii=False))


main()
