"""Checks a Headwater log directory with nothing but Python: root, tiles and the Ed25519 signature.

usage: verify_log.py DIR VERIFIER_KEY      prints "SIZE ROOT_HEX" and exits 0, or says what is wrong
"""
import base64
import hashlib
import os
import sys

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493


def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1]
    return ((a[0] * b[1] + b[0] * a[1]) * pow(1 + k, P - 2, P) % P,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, P - 2, P) % P)


def times(n, point):
    total = (0, 1)
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def decode(raw):
    number = int.from_bytes(raw, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - square) % P == 0, "not a point of the curve"
    return (P - x if x & 1 != sign else x, y)


def signed(public, text, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(r + public + text).digest(), "little") % ORDER
    base = decode(bytes([0x58] + [0x66] * 31))
    return s < ORDER and times(s, base) == add(decode(r), times(h, decode(public)))


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def stored(kind, number, width):
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    path = os.path.join(sys.argv[1], "log", "tile", kind, *groups)
    return open(path if width == 256 else f"{path}.p/{width}", "rb").read()


def main():
    note = open(os.path.join(sys.argv[1], "log", "checkpoint"), "rb").read()
    text, lines = note.rsplit(b"\n\n", 1)[0] + b"\n", note.rsplit(b"\n\n", 1)[1]
    name, identity, key = sys.argv[2].split("+", 2)
    prefix = f"\u2014 {name} ".encode()
    ours = [base64.b64decode(line[len(prefix):]) for line in lines.splitlines()
            if line.startswith(prefix)]
    assert ours and ours[0][:4].hex() == identity, "the log's key did not sign the checkpoint"
    assert signed(base64.b64decode(key)[1:], text, ours[0][4:]), "the signature does not match"
    origin, size, claimed = text.decode().splitlines()
    assert origin == name, "the origin is another log's"
    leaves = []
    for number in range((int(size) + 255) // 256):
        width = min(256, int(size) - 256 * number)
        bundle, at = stored("entries", number, width), 0
        hashes = []
        while at < len(bundle):
            end = at + 2 + int.from_bytes(bundle[at:at + 2], "big")
            hashes.append(hashlib.sha256(b"\0" + bundle[at + 2:end]).digest())
            at = end
        assert len(hashes) == width, f"bundle {number} has {len(hashes)} entries"
        assert b"".join(hashes) == stored("0", number, width), f"tile {number} differs"
        leaves += hashes
    assert base64.b64encode(root(leaves)).decode() == claimed, "entries do not lead to the root"
    print(size, root(leaves).hex())


main()
