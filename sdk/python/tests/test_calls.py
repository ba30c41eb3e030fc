"""Responses, composed calls as trees that add up, and uses that the log proves."""

import time

import pytest
from conftest import PRICES

from headwater import BadReceipt, Market, Models, Node, Problem, new_wallet, read_call

#: What a composed call costs, and what is used in it.
BELOW = PRICES["classifier"] + PRICES["ngram"]


@pytest.fixture(scope="module")
def models(gateway):
    market = Market(Node(gateway.url, key=new_wallet()))
    for asset in gateway.assets.values():
        market.asset(asset).allow(100_000)
    return Models(gateway.url, market.model_key())


def kept(models, receipt):
    """Whether the gateway has kept a call: it says so once all before it is on the disk."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if receipt.id in [use.receipt.id for use in models.composed()]:
            return True
        time.sleep(0.05)
    return False


def test_responses_come_at_once_and_in_pieces(models, gateway):
    answer = models.respond("echo", "hello", instructions="be brief")
    assert answer.text == "you said hello" and answer.cost_units == PRICES["echo"]
    assert answer.receipt.is_signed_by(models.gateway_key) and answer.payment is None
    stream = models.stream_response("echo", "hello")
    assert list(stream) == ["you", " said hello"]
    assert stream.answer.text == answer.text
    assert stream.answer.document["output"] == answer.document["output"]
    assert stream.answer.receipt.counter == answer.receipt.counter + 1
    with pytest.raises(Problem) as none:
        models.respond(gateway.assets["ngram"], "hello")
    assert none.value.code == "route_not_supported"
    with pytest.raises(Problem) as broken:
        list(models.stream_response("echo", "break"))
    assert (broken.value.status, broken.value.receipts) == (502, [])


def test_a_composed_call_is_a_tree_whose_fees_sum_to_its_price(models, gateway, tmp_path):
    answer = models.chat("composed", "the parcel")
    assert answer.text.startswith("delivery:")
    top = answer.uses
    assert [use.receipt.asset for use in top] == [
        gateway.assets[name].id for name in ("composed", "classifier", "ngram")
    ]
    assert top.own_units == PRICES["composed"]
    assert top.cost_units == answer.cost_units == PRICES["composed"] + BELOW
    table = top.table()
    assert table["own_units"].sum() == answer.cost_units
    assert list(table["depth"]) == [0, 1, 1] and set(table["status"]) == {"whole"}
    saved = tmp_path / "call.receipts"
    answer.save_receipts(saved)
    read = read_call(saved, models.gateway_key)
    assert [use.receipt for use in read] == [use.receipt for use in top]
    assert kept(models, answer.receipt)


def test_a_tree_that_does_not_add_up_is_refused(models):
    texts = [own.text for own in models.chat("composed", "the invoice").receipts]
    assert models.uses(texts[::-1]).cost_units == PRICES["composed"] + BELOW
    for cut, why in ((texts[1:], "and 1 are here"), (texts[:2], "receipt is missing")):
        with pytest.raises(BadReceipt, match=why):
            models.uses(cut)
    other = [own.text for own in models.chat("composed", "the invoice").receipts]
    with pytest.raises(BadReceipt):
        models.uses([texts[0], other[1], texts[2]])
    with pytest.raises(BadReceipt, match="has not signed"):
        read_call(texts, bytes(32))


def test_what_was_used_in_a_call_that_failed_is_a_tree_too(models):
    with pytest.raises(Problem) as failed:
        models.chat("composed", "break")
    assert failed.value.code == "upstream_error"
    tree = models.uses(failed.value.receipts)
    assert (tree.receipt.status, tree.own_units, tree.cost_units) == ("failed", 0, BELOW)
    assert kept(models, tree.receipt)


def test_the_log_proves_each_use_of_a_call(models, monkeypatch):
    answer = models.chat("composed", "the parcel")
    for use in answer.uses:
        told = models.proof(use.receipt, timeout_s=60)
        assert told["segment"]["asset"] == use.receipt.asset
        assert told == models.proof(use.receipt.id)
    ask = models._http.json

    def bent(method, path, *more, **others):
        told = ask(method, path, *more, **others)
        if path.startswith("/v1/receipts/"):
            change(told)
        return told

    monkeypatch.setattr(models._http, "json", bent)
    for change, why in (
        (lambda told: told["row"].update(amount_units="1"), "another row than the receipt"),
        (lambda told: told["proof"].append("00" * 32), "does not lead to"),
        (lambda told: told["segment"].update(rows_root="11" * 32), "does not lead to"),
        (lambda told: told["segment"].update(entry=0), "does not prove the segment"),
        (lambda told: told.pop("index"), "does not read"),
    ):
        with pytest.raises(BadReceipt, match=why):
            models.proof(answer.receipt)
    change = lambda told: told["row"].update(receipt="22" * 32)  # noqa: E731
    with pytest.raises(BadReceipt, match="another use"):
        models.proof(answer.receipt.id)
