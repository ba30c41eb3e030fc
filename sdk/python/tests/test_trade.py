"""What is signed on the market, against the vectors of the log; receipts, made by hand."""

import hashlib
import json
import struct
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from headwater import BadReceipt, _receipt, read_receipt
from headwater._draft import ASKS, DRAFT, priced
from headwater._headwater import Keys, Trade, gateway_key, is_signed

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "entry.json").read_text())
KEYS = Keys(bytes(31) + b"\1", VECTORS["space"], 1)
HASH = "ab" * 32


def commands(name):
    """What was signed of commands of that name, among the vectors."""
    return [it["signing_bytes"] for it in VECTORS["entries"] if it["command"] == name]


def signed(trade):
    return KEYS.trade((4, 7), trade).hex()


@pytest.mark.parametrize("name, trade, command", [
    ("BuyGrant", Trade.buy(0, 0, 6, 52, 3), "82181f81a50000010002060318340403"),
    ("RevokeGrant", Trade.revoke(0), "8218208100"),
    (
        "WaiveFloor", Trade.waive(1, 2, 20_000, 9, 1_015_067),
        "82182181a50001010202194e200309041a000f7d1b",
    ),
    ("GrantAllowance", Trade.allow(1, 3, 400, 2_005_017), "820c81a40001010302190190031a001e9819"),
    ("ServeAsset", Trade.serve(3, 150_000, 600_000), "82182481a2000301a2001a000249f0011a000927c0"),
    ("WithdrawAsset", Trade.withdraw(3), "8218258103"),
])
def test_commands_have_the_bytes_of_the_vectors(name, trade, command):
    # Behind the nonce, before the signature.
    assert f"030704{command}015840" in signed(trade)
    assert any(it.endswith(command) for it in commands(name))


def test_an_asset_is_drawn_up_as_it_was_asked_for():
    asked = {
        **DRAFT, **ASKS, "title": "Parcels", "content": HASH, "purposes": ["train", "query"],
        "price_units": "5", "floor_ppm": 50_000, "parents": [2, 1, 2], "waivers": [0], "fund": 3,
        "license": "CC-BY-4.0", "prices": priced({"train": (100, 5)}), "rows": 6, "card": HASH,
    }
    own = signed(Trade.register(asked))
    assert b"Parcels".hex() in own and HASH in own
    # Purposes and parents ascend: `train` is the second, none comes twice.
    assert "82657175657279" + "65" + b"train".hex() in own
    assert "820081820102" in own
    # The price is of purpose 1, 100 flat and 5 for a row; the licence is an SPDX id.
    assert "0181a300010118640205" in own
    assert "00820081" + "69" + b"CC-BY-4.0".hex() in own
    # Waiver 0, paid from deposit 3.
    assert "0881000903" in own
    flow = signed(Trade.register({**asked, "flow_ppm": 7}))
    assert flow != own and "0382018107" in flow


@pytest.mark.parametrize("wrong, words", [
    ({"kind": "label_set"}, "`kind` is dataset, model, prompt or program"),
    ({"content": "ab"}, "`content` is a SHA-256"),
    ({"price_units": "-1"}, "`price_units` is a number of base units"),
    ({"price_units": str(2**96)}, "`price_units` is a number of base units"),
    ({"floor_ppm": 1_000_001}, "`floor_ppm` is at most 1000000"),
    ({"prices": priced({"display": 1})}, "`display` has a price and is no purpose"),
    ({"license": "MIT", "license_text": HASH}, "not both"),
])
def test_what_no_log_would_take_is_not_signed(wrong, words):
    good = {**DRAFT, **ASKS, "title": "x", "content": HASH, "purposes": ["train"]}
    good["price_units"] = "0"
    assert Trade.register(good)
    with pytest.raises(ValueError, match=words):
        Trade.register({**good, **wrong})


def test_a_listing_goes_by_the_purposes_of_the_terms():
    asks = {**ASKS, "prices": priced({"train": 40}), "revocable": True}
    assert "0181a300010118280200" in signed(Trade.list(0, ["query", "train"], asks))
    with pytest.raises(ValueError, match="no purpose"):
        Trade.list(0, ["query"], asks)


def test_signatures_and_the_key_that_a_log_names():
    # RFC 8032, 7.1, test 2.
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert is_signed(key, b"\x72", signature)
    assert not is_signed(key, b"\x73", signature)
    assert not is_signed(key[:31], b"\x72", signature)
    assert not is_signed(key, b"\x72", b"")
    with pytest.raises(ValueError):
        gateway_key("no proof", "no key")


def receipt(counter, amount, within=None, call=None, children=()):
    """A receipt of version 2 whose id follows from it, under no signature."""
    ids = b"".join(bytes.fromhex(it.id) for it in children)
    root = hashlib.sha256(b"headwater/use-children/v1\0" + ids).digest() if call else bytes(32)
    units = sum(it.cost_units for it in children)
    head = _receipt.HEAD.pack(2, bytes(16), 3, 4, counter, 1, 9)
    tree = _receipt.TREE.pack(
        within or bytes(32), call or bytes(32), len(children), units.to_bytes(16, "big"), root
    )
    paid = amount.to_bytes(16, "big")
    row = struct.pack(">IHQ", 0, 0, 1) + paid + bytes(64) + struct.pack(">IIB", 5, 2, 2)
    counted = struct.pack(">IQ", 4, counter)
    domain = b"headwater/use/v3\0" + bytes(16) + counted
    id = hashlib.sha256(domain + tree + bytes(32) + row).digest()
    text = urlsafe_b64encode(head + tree + id + row + bytes(64)).decode().rstrip("=")
    return read_receipt(text)


def test_receipts_of_a_call_add_up_or_say_what_does_not(monkeypatch):
    monkeypatch.setattr(_receipt, "is_signed", lambda *_: True)
    top, inner = b"\1" * 32, b"\2" * 32
    leaf = receipt(1, 5, within=inner)
    middle = receipt(2, 7, within=top, call=inner, children=[leaf])
    other = receipt(3, 1, within=top)
    whole = receipt(4, 10, call=top, children=[middle, other])
    assert whole.cost_units == 23 and whole.amount_units == 10
    assert (whole.status, whole.token_source, whole.call) == ("whole", "counted", top.hex())
    key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    _receipt.check_call([leaf, middle, other, whole], key)
    for receipts, words in [
        ([middle, other, whole], "names 1 uses in it, and 0 are here"),
        ([leaf, middle, whole], "names 2 uses in it, and 1 are here"),
        ([leaf, other, whole], "names 2 uses in it, and 1 are here"),
        ([leaf, middle, receipt(3, 2, within=top), whole], "used others than those here"),
        ([receipt(9, 5, within=inner), middle, other, whole], "was not made in use 4"),
        ([receipt(1, 5), middle, other, whole], "was not made in use 4"),
    ]:
        with pytest.raises(BadReceipt, match=words):
            _receipt.check_call(receipts, key)
    monkeypatch.undo()
    with pytest.raises(BadReceipt, match="has not signed use 1"):
        _receipt.check_call([leaf, middle, other, whole], key)


@pytest.mark.parametrize("change, words", [
    (lambda text: "!" + text[1:], "no base64url"),
    (lambda text: text[:-4], "bytes, which no receipt has"),
    (lambda text: "B" + text[1:], "version and status"),
    (lambda text: text[:40] + ("A" if text[40] != "A" else "B") + text[41:], "id does not follow"),
])
def test_other_texts_are_no_receipts(change, words):
    text = receipt(1, 5).text
    assert read_receipt(f"{text}\n").text == text
    with pytest.raises(BadReceipt, match=words):
        read_receipt(change(text))
