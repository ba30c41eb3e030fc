"""Calls that bring their own payment: transfers, vouchers, lent keys, and nodes that ask too much."""

import base64
import json
import re
from pathlib import Path

import pytest
from conftest import PRICES, TEXTS

from headwater import Models, Problem, Purse, Unreachable, new_wallet

PRICE = PRICES["classifier"]


@pytest.fixture
def purse(gateway):
    def make(key=None, **settings):
        own = {"most_units": 1_000, "scheme": "exact", **settings}
        return Purse(gateway.url, key or new_wallet(), **own)

    return make


def rich(purse, scheme="exact", units=10_000):
    own = purse(scheme=scheme)
    own.mint(units)
    if scheme != "exact":
        own.add_credit(units)
    return own


def test_a_transfer_pays_for_each_call(gateway, purse):
    own = rich(purse)
    models = Models(gateway.url, purse=own)
    answer = models.classify(gateway.assets["classifier"], "the parcel")
    assert answer.labels == ["delivery"] and answer.cost_units == PRICE
    assert answer.receipt.is_signed_by(models.gateway_key)
    assert answer.payment["success"] and answer.payment["payer"] == own.address.lower()
    assert own.balance() == 10_000 - PRICE
    stream = models.stream(gateway.assets["ngram"], "my", max_tokens=3)
    assert "".join(stream) == stream.answer.text
    assert stream.answer.payment["transaction"] != answer.payment["transaction"]
    composed = models.chat("composed", "the parcel")
    assert composed.uses.cost_units == composed.cost_units
    assert len(composed.uses.uses) == 2


def test_nothing_is_paid_above_the_limit_or_without_money(gateway, purse):
    own = rich(purse)
    own._most = PRICE - 1
    models = Models(gateway.url, purse=own)
    with pytest.raises(Problem) as dear:
        models.classify(gateway.assets["classifier"], "the parcel")
    assert dear.value.code == "price_above_limit" and own.balance() == 10_000
    for scheme in ("exact", "escrow-credit"):
        with pytest.raises(Problem, match="insufficient_funds") as poor:
            Models(gateway.url, purse=purse(scheme=scheme)).classify(
                gateway.assets["classifier"], "the parcel"
            )
        assert poor.value.code == "payment_invalid" and "Purse.balance" in poor.value.hint
        assert poor.value.payment is None
    with pytest.raises(Problem) as unknown:
        models.classify("nobody", "the parcel")
    assert unknown.value.code == "model_not_found"


def test_a_payment_whose_call_came_to_nothing_pays_for_the_next_try(gateway, purse):
    own = rich(purse)
    models = Models(gateway.url, purse=own)
    gateway.program.fails.add("now")
    with pytest.raises(Problem) as broken:
        models.respond("echo", "now", max_output_tokens=8)
    gateway.program.fails.remove("now")
    left = own.balance()
    assert broken.value.code == "upstream_error" and left < 10_000
    kept = dict(max_output_tokens=8, payment=broken.value.payment)
    again = models.respond("echo", "now", **kept)
    assert again.text == "you said now" and own.balance() == left
    with pytest.raises(Problem) as used:
        models.respond("echo", "now", **kept)
    assert used.value.code == "payment_used" and used.value.payment is None
    with pytest.raises(ValueError, match="shown by a purse"):
        Models(gateway.url).respond("echo", "hello", payment=kept["payment"])


def test_vouchers_pay_without_transactions(gateway, purse):
    key = new_wallet()
    own = purse(key, scheme="escrow-credit")
    own.mint(10_000)
    own.add_credit(5_000)
    assert (own.balance(), own.credit()["balance_units"]) == (5_000, 5_000)
    models = Models(gateway.url, purse=own)
    for number in range(1, 4):
        answer = models.classify(gateway.assets["classifier"], "the parcel")
        assert answer.payment["transaction"] == "" and answer.cost_units == PRICE
        assert own.signed_units == number * PRICE
    assert own.credit()["balance_units"] == 5_000, "nothing is redeemed yet"
    # What a stream holds while it runs, and what failed, is signed once.
    assert "".join(models.stream(gateway.assets["ngram"], "my", max_tokens=3))
    with pytest.raises(Problem):
        models.respond("echo", "break", max_output_tokens=8)
    models.classify(gateway.assets["classifier"], "the parcel")
    signed = own.signed_units
    # One that has forgotten is told where its key stands; one that knows begins there.
    for knows in (False, True):
        later = purse(key, scheme="escrow-credit", signed_units=signed if knows else None)
        answer = Models(gateway.url, purse=later).classify(gateway.assets["classifier"], "mine")
        assert answer.labels and later.signed_units <= signed + 2 * PRICE
        assert int(answer.payment["extra"]["signed"]) == later.signed_units
        signed = later.signed_units
    # The first one finds that somebody else has gone on with its key.
    with pytest.raises(Problem) as elsewhere:
        models.classify(gateway.assets["classifier"], "the parcel")
    assert elsewhere.value.code == "payment_not_signed"


def test_a_lent_key_spends_up_to_its_cap(gateway, purse):
    payer, key = rich(purse, "escrow-credit"), new_wallet()
    address = purse(key).address
    lent = payer.lend(address, cap_units=2 * PRICE)
    agent = purse(key, scheme="escrow-credit", lent=lent)
    models = Models(gateway.url, purse=agent)
    for _ in range(2):
        assert models.classify(gateway.assets["classifier"], "the parcel").labels
    with pytest.raises(Problem, match="key_cap"):
        models.classify(gateway.assets["classifier"], "the parcel")
    assert agent.credit() == payer.credit()
    soon = purse(key, scheme="escrow-credit", lent=payer.lend(address, 5_000, days=1 / 48))
    with pytest.raises(Problem, match="key_expired"):
        Models(gateway.url, purse=soon).classify(gateway.assets["classifier"], "the parcel")
    with pytest.raises(ValueError, match="a lent key spends credit"):
        purse(key, lent=lent)


def test_credit_is_taken_out_after_a_notice(purse):
    own = rich(purse, "escrow-credit")
    own.announce_withdrawal(4_000)
    stands = own.credit()
    assert stands["leaving_units"] == 4_000 and stands["leaves_at_s"] > 0
    with pytest.raises(Problem) as early:
        own.withdraw()
    assert early.value.code in ("transaction_failed", "chain_refused")
    with pytest.raises(Problem) as much:
        own.mint(10**12)
    assert much.value.code == "chain_refused" and "test money" in much.value.detail


def test_a_purse_signs_for_its_own_chain_and_token_alone(gateway, purse):
    other = "0x" + "11" * 20
    for settings in ({"chain_id": 1}, {"token": other}):
        models = Models(gateway.url, purse=purse(**settings))
        with pytest.raises(Problem) as refused:
            models.classify(gateway.assets["classifier"], "the parcel")
        assert refused.value.code == "payment_not_signed" and refused.value.hint
    with pytest.raises(ValueError, match="none of exact"):
        purse(scheme="upto")
    with pytest.raises(ValueError, match="not by both"):
        Models(gateway.url, "hw_m_0", purse=purse())


class Lies:
    """A gateway of which a test says what it asks for and tells."""

    def __init__(self, purse, price=10, **bent):
        self.offer = {
            "scheme": "escrow-credit", "network": f"eip155:{purse._chain_id}",
            "amount": str(price), "asset": purse._at("token"), "payTo": purse._at("escrow"),
            "maxTimeoutSeconds": 300, "extra": {}, **bent,
        }
        self.tells, self.seen = [], []

    def __call__(self, headers):
        if "payment-signature" not in headers:
            problem = Problem(402, "payment_required", "")
            problem.payment_told = {"accepts": [self.offer]}
            raise problem
        sent = json.loads(base64.b64decode(headers["payment-signature"]))
        self.seen.append(int(sent["payload"]["voucher"]["cumulative"]))
        told = self.tells.pop(0)
        if isinstance(told, Exception):
            raise told
        status, error, served, signed = told
        extra = {"served": str(served), "signed": str(signed)}
        if status == 200:
            document = json.dumps({"extra": extra}).encode()
            return {"payment-response": base64.b64encode(document).decode()}, "answer"
        problem = Problem(status, "payment_invalid", error)
        problem.payment_told = {"error": error, "accepts": [{**self.offer, "extra": extra}]}
        raise problem


def test_no_voucher_is_more_than_a_price_above_the_last(gateway, purse):
    low = "invalid_escrow_credit_cumulative_low"
    own = purse(scheme="escrow-credit", signed_units=0)
    node = Lies(own)
    node.tells = [(402, low, 0, 0), (200, "", 10, 10)]
    assert own.pay(node)[1] == "answer" and node.seen == [1, 10]
    # Whether a voucher without an answer was kept is asked before more is signed.
    node.tells = [Unreachable("here", "gone"), (402, low, 10, 10), (200, "", 20, 20)]
    with pytest.raises(Unreachable) as gone:
        own.pay(node)
    assert gone.value.payment
    own.pay(node)
    assert node.seen[2:] == [20, 21, 20]
    for served, signed in ((500, 500), (21, 20)):
        node.tells = [(402, low, served, signed)]
        with pytest.raises(Problem) as lie:
            own.pay(node)
        assert lie.value.code == "payment_not_signed"
    assert max(node.seen) <= own.signed_units == 30
    for bent in ({"network": "eip155:1"}, {"asset": "0x" + "22" * 20}, {"payTo": "0x" + "33" * 20}):
        with pytest.raises(Problem) as refused:
            own.pay(Lies(own, **bent))
        assert refused.value.code == "payment_not_signed"
    with pytest.raises(Problem) as dear:
        own.pay(Lies(own, price=1_001))
    assert dear.value.code == "price_above_limit"


def test_the_guide_runs_as_it_stands(url, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = ["text,label", *(f"{text},{label}" for text, label in TEXTS)]
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    guide = Path(__file__).parents[3] / "docs" / "guide" / "python-calls.md"
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(), re.S)
    assert len(blocks) == 4
    scope = {}
    for block in blocks:
        exec(block.replace("http://127.0.0.1:8448", url), scope)
    said = capsys.readouterr().out
    assert "['delivery'] 50 0x" in said and "9950" in said and "50 10000" in said
