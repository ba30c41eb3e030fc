"""Checks a log or a receipt with nothing but Python 3, and nothing of Headwater's.

usage: verify.py LOG VERIFIER_KEY                  LOG is a `log/` directory or its http(s) URL
       verify.py FILE.tlog-proof VERIFIER_KEY      the entry is taken from the receipt

A log: checkpoint signature, every entry bundle, every tile of every level, root. Prints `SIZE ROOT`,
for a receipt `INDEX SIZE ROOT`, and exits 0; or says what is wrong and exits 1.
"""
import base64
import hashlib
import os
import sys
import urllib.error
import urllib.request

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493


def check(holds, otherwise):
    if not holds:
        sys.exit(f"verify.py: {otherwise}")


def unbase64(text, what):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        check(False, f"{what} is no base64")


def add(a, b):
    """Points as (x, y, z, t), RFC 8032, 5.1.4."""
    p, q = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    r, s = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    total = (0, 1, 1, 0)
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
    check((x * x - square) % P == 0, "the key or the signature holds no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def signed(public, text, signature):
    """RFC 8032, 5.1.7."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(r + public + text).digest(), "little") % ORDER
    base = decode(bytes([0x58] + [0x66] * 31))
    one, other = times(s, base), add(decode(r), times(h, decode(public)))
    return s < ORDER and all((one[i] * other[2] - other[i] * one[2]) % P == 0 for i in (0, 1))


def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root(leaves[:k]), root(leaves[k:]))


def climb(index, size, hash, path):
    """The root that an audit path leads to (RFC 6962, 2.1.1)."""
    if size == 1:
        check(not path, "the path is too long")
        return hash
    check(path, "the path is too short")
    k = 1 << (size - 1).bit_length() - 1
    if index < k:
        return node(climb(index, k, hash, path[:-1]), path[-1])
    return node(path[-1], climb(index - k, size - k, hash, path[:-1]))


def opened(note, key):
    """Size and root of a checkpoint note that the log's key has signed."""
    check(b"\r" not in note, "the checkpoint has line ends of Windows (CRLF), which nobody signed")
    check(b"\n\n" in note, "the checkpoint has no signatures")
    text, lines = note.rsplit(b"\n\n", 1)
    check(key.count("+") >= 2, "the key does not read `name+id+key`")
    name, identity, typed = key.split("+", 2)
    public = unbase64(typed, "the key")
    known = hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8]
    check(len(public) == 33 and public[0] == 1 and known == identity, "the key is no Ed25519 key")
    prefix = f"\u2014 {name} ".encode()
    ours = [unbase64(line[len(prefix):], "the log's signature") for line in lines.splitlines()
            if line.startswith(prefix)]
    ours = [signature[4:] for signature in ours if signature[:4].hex() == identity]
    check(ours, "the log's key did not sign the checkpoint")
    check(all(len(signature) == 64 for signature in ours), "the log's signature is cut")
    for signature in ours:
        check(signed(public[1:], text + b"\n", signature), "the log's signature is wrong")
    fields = text.decode().split("\n")
    check(len(fields) == 3 and fields[1].isdecimal(), "the checkpoint has not three lines")
    check(fields[0] == name, "the origin is another log's")
    return int(fields[1]), unbase64(fields[2], "the signed root")


def read(log, path):
    try:
        if log.startswith(("http://", "https://")):
            return urllib.request.urlopen(f"{log.rstrip('/')}/{path}", timeout=60).read()
        return open(os.path.join(log, path), "rb").read()
    except (OSError, urllib.error.URLError) as error:
        return error


def stored(log, kind, number, width):
    """A tile or bundle as its hashes or entries; where a partial one is gone, out of the full one."""
    path = f"tile/{kind}/"
    for group in f"{number:,}".split(",")[:-1]:
        path += f"x{group:0>3}/"
    path += f"{number % 1000:03}"
    found, held = read(log, path if width == 256 else f"{path}.p/{width}"), width
    if width < 256 and not isinstance(found, bytes):
        found, held = read(log, path), 256
    check(isinstance(found, bytes), f"`{path}` cannot be read: {found}")
    parts, at = [], 0
    while at < len(found):
        start = at if kind != "entries" else at + 2
        end = start + (32 if kind != "entries" else int.from_bytes(found[at:start], "big"))
        check(end <= len(found), f"`{path}` ends within a hash or an entry")
        parts.append(found[start:end])
        at = end
    check(len(parts) == held, f"`{path}` holds {len(parts)} hashes or entries, not {held}")
    return parts[:width]


def verify_log(log, key):
    note = read(log, "checkpoint")
    check(isinstance(note, bytes), f"`checkpoint` cannot be read: {note}")
    size, claimed = opened(note, key)
    hashes = []
    for first in range(0, size, 256):
        bundle = stored(log, "entries", first // 256, min(256, size - first))
        hashes += [leaf(entry) for entry in bundle]
    check(root(hashes) == claimed, "the entries do not lead to the signed root")
    level = 0
    while hashes:
        for first in range(0, len(hashes), 256):
            tile = hashes[first:first + 256]
            same = tile == stored(log, level, first // 256, len(tile))
            check(same, f"tile {first // 256} of level {level} differs")
        full = range(0, len(hashes) - 255, 256)
        hashes, level = [root(hashes[first:first + 256]) for first in full], level + 1
    print(size, claimed.hex())


def verify_receipt(path, key):
    whole = open(path, "rb").read()
    check(b"\r" not in whole, "the receipt has line ends of Windows (CRLF), which nobody signed")
    check(b"\n\n" in whole, "the receipt is empty or cut: it has no checkpoint")
    head, note = whole.split(b"\n\n", 1)
    lines = head.decode().split("\n")
    check(lines.pop(0) == "c2sp.org/tlog-proof@v1", "this is no receipt")
    check(lines and lines[0].startswith("extra "), "the receipt does not hold its entry")
    entry = unbase64(lines.pop(0)[6:], "the entry")
    check(lines and lines[0].startswith("index "), "the receipt has no index")
    check(lines[0][6:].isdecimal(), "the index is no number")
    index, proof = int(lines.pop(0)[6:]), [unbase64(line, "the path") for line in lines]
    size, claimed = opened(note, key)
    check(index < size, "the index is beyond the tree")
    check(climb(index, size, leaf(entry), proof) == claimed, "the path does not lead to the root")
    print(index, size, claimed.hex())


if __name__ == "__main__":
    check(len(sys.argv) == 3, __doc__)
    verify = verify_receipt if sys.argv[1].endswith(".tlog-proof") else verify_log
    try:
        verify(*sys.argv[1:])
    except (OSError, ValueError, RecursionError) as error:
        check(False, f"`{sys.argv[1]}` cannot be checked: {error}")
