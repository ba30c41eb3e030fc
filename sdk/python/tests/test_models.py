"""Models and tables of a real node: called, paid, and every receipt checked; what goes wrong."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

import headwater
from headwater import BadReceipt, Market, Models, Node, Problem, new_wallet

TEXTS = [
    ("my parcel is late", "delivery"), ("the parcel has not come", "delivery"),
    ("where is my parcel", "delivery"), ("I was charged twice", "billing"),
    ("the invoice is wrong", "billing"), ("my card was charged", "billing"),
] * 3
PRICE = 50


def program(*words):
    command = [os.environ["HEADWATER_PROGRAM"], *map(str, words)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return ran.returncode, ran.stdout + ran.stderr


def trained(folder, kind):
    examples, model = folder / "labels.csv", folder / f"{kind}.model"
    lines = ["text,label", *(f"{text},{label}" for text, label in TEXTS)]
    examples.write_text("\n".join(lines) + "\n")
    code, said = program("train", examples, "--kind", kind, "-o", model)
    assert code == 0, said
    return model


@pytest.fixture(scope="module")
def served(url, tmp_path_factory):
    """An owner's assets in service, by kind."""
    folder, owner = tmp_path_factory.mktemp("models"), Market(Node(url, key=new_wallet()))
    assets = {}
    for kind in ("classifier", "ngram", "embedding"):
        terms = dict(kind="model", price_units=PRICE)
        model = trained(folder, kind)
        assets[kind] = owner.register(f"test {kind}", model, ["query"], **terms)
        assets[kind].serve()
    table = (folder / "labels.csv").read_bytes()
    assets["table"] = owner.register("test table", table, ["query", "train"], price_units=5)
    assets["table"].serve(row_units=3)
    return assets


@pytest.fixture(scope="module")
def caller(url, served):
    """A payer with money set aside for all of them."""
    market = Market(Node(url, key=new_wallet()))
    for asset in served.values():
        market.asset(asset).allow(100_000)
    return market


@pytest.fixture(scope="module")
def models(url, caller):
    return Models(url, caller.model_key("all"))


def test_answers_come_with_receipts_that_are_checked(models, served, caller, tmp_path):
    names = {row["headwater"]["asset"]: row["id"] for row in models.list()}
    classified = models.classify(served["classifier"], ["my parcel is late", "charged twice"])
    assert classified.labels == ["delivery", "billing"]
    assert len(classified.document["data"][0]["probs"]) == 2
    said = models.complete(names[served["ngram"].id], "my parcel", max_tokens=3)
    assert said.text and said.receipt.output_tokens > 0
    chat = models.chat(served["classifier"], [{"role": "user", "content": "the invoice"}])
    assert chat.text == "billing"
    points = models.embed(served["embedding"], ["one text", "another", "a third"]).vectors
    assert points.shape == (3, 256)
    own = chat.receipt
    assert (own.asset, own.payer) == (served["classifier"].id, caller._node.account)
    assert (own.status, own.cost_units, chat.cost_units) == ("whole", PRICE, PRICE)
    assert (own.within, own.call, own.children) == (None, None, 0)
    counters = [it.receipt.counter for it in (classified, said, chat)]
    assert counters == list(range(counters[0], counters[0] + 3)), "no receipt is left out"
    assert own.is_signed_by(models.gateway_key)
    assert not own.is_signed_by(caller._node._signer().session)
    kept = tmp_path / "use.receipt"
    chat.save_receipts(kept)
    code, words = program("verify", kept, "--gateway-key", models.gateway_key)
    assert code == 0 and f"signed by  {models.gateway_key}" in words, words


def test_a_use_is_found_in_the_log(models, served, eventually):
    answer = models.classify(served["classifier"], "my parcel")
    proof = models.proof(answer.receipt, timeout_s=60)
    assert proof["row"]["receipt"] == answer.receipt.id
    with pytest.raises(Problem) as unknown:
        models.proof("ab" * 32)
    assert unknown.value.code == "not_found"
    table = eventually(served["classifier"].uses)
    assert set(table["kind"]) == {"calls"}
    assert (table["amount_units"] == table["uses"] * PRICE).all()


def test_a_stream_ends_with_its_receipt(models, served):
    stream = models.stream(served["ngram"], "my parcel", max_tokens=6)
    with pytest.raises(ValueError, match="has not ended"):
        stream.answer
    pieces = list(stream)
    assert len(pieces) > 1
    assert stream.answer.text == "".join(pieces)
    assert stream.answer.cost_units == PRICE
    assert stream.answer.receipt.is_signed_by(models.gateway_key)
    assert stream.answer.document["usage"]["cost"] == str(PRICE)
    with pytest.raises(Problem) as unknown:
        list(models.stream("nobody", "hello"))
    assert unknown.value.code == "model_not_found"


def test_rows_are_bought_by_the_row(models, served):
    page = models.rows(served["table"], {"label": "billing"}, limit=2)
    assert [row["text"] for row in page.rows] == ["I was charged twice", "the invoice is wrong"]
    assert page.cost_units == 5 + 2 * 3 and page.receipt.output_tokens == 2
    rest = models.rows(served["table"], {"label": "billing"}, start=page.next, limit=100)
    assert len(rest.rows) == 7 and rest.next is None
    assert list(rest.table().columns) == ["label", "text"]
    with pytest.raises(Problem) as unknown:
        models.rows(served["table"], {"colour": "red"})
    assert unknown.value.code == "unknown_column"
    with pytest.raises(Problem) as dear:
        models.rows(served["table"], limit=2, most_units=10)
    assert dear.value.code == "price_above_limit" and dear.value.hint


def test_the_same_question_under_the_same_key_is_paid_once(models, served):
    before = models.usage()["spent_units"]
    asked = [models.classify(served["classifier"], "charged", once="one-of-ours") for _ in "ab"]
    assert asked[0].receipt == asked[1].receipt
    assert models.usage()["spent_units"] == before + PRICE
    with pytest.raises(Problem) as other:
        models.classify(served["classifier"], "parcel", once="one-of-ours")
    assert other.value.code == "idempotency_key_reused"


def test_a_key_stays_within_its_limits(url, caller, served):
    poor = Models(url, caller.model_key("poor", budget_units=PRICE))
    assert poor.classify(served["classifier"], "parcel").labels == ["delivery"]
    with pytest.raises(Problem) as over:
        poor.classify(served["classifier"], "parcel")
    assert (over.value.status, over.value.code) == (429, "budget_exceeded")
    assert "larger budget" in over.value.hint and not over.value.receipts
    assert poor.usage() == {**poor.usage(), "spent_units": PRICE, "budget_units": PRICE}
    narrow = Models(url, caller.model_key("narrow", models=[served["ngram"]], purpose="query"))
    with pytest.raises(Problem) as elsewhere:
        narrow.classify(served["classifier"], "parcel")
    assert elsewhere.value.code == "model_not_allowed"
    for purpose, code in (("train", "licence_denied"), ("query", None)):
        own = Models(url, caller.model_key("all"), purpose=purpose)
        if code is None:
            assert own.classify(served["classifier"], "parcel").labels
        else:
            with pytest.raises(Problem) as forbidden:
                own.classify(served["classifier"], "parcel")
            assert forbidden.value.code == code and forbidden.value.hint
    with pytest.raises(TypeError, match="there is no `budget`"):
        caller.model_key(budget=5)


def test_a_key_that_is_revoked_calls_nothing_more(url, caller, served):
    key = caller.model_key("short", days=1)
    (row,) = [row for row in caller.model_keys() if row["name"] == "short"]
    assert key.startswith(row["begins"])
    caller.revoke_model_key(row["id"])
    with pytest.raises(Problem) as gone:
        Models(url, key).classify(served["classifier"], "parcel")
    assert (gone.value.status, gone.value.code) == (401, "invalid_api_key")
    with pytest.raises(Problem) as penniless:
        Market(Node(url, key=new_wallet())).model_key()
    assert penniless.value.code == "unknown_allowance" and "allow" in penniless.value.hint
    with pytest.raises(Problem) as again:
        caller.revoke_model_key(row["id"])
    assert again.value.code == "not_found"


def test_an_answer_whose_receipt_does_not_hold_is_not_given_back(url, caller, served, monkeypatch):
    key = caller.model_key("careful")
    wrong = Models(url, key, gateway_key="ab" * 32)
    with pytest.raises(BadReceipt, match="has not signed use") as unsigned:
        wrong.classify(served["classifier"], "parcel")
    assert unsigned.value.answer.labels == ["delivery"], "it is paid, so it is there"
    own = Models(url, key)
    ask = own._http.ask

    def bent(*asked, **more):
        headers, body = ask(*asked, **more)
        return headers, body.replace(b'"delivery"', b'"billing"')

    monkeypatch.setattr(own._http, "ask", bent)
    with pytest.raises(BadReceipt, match="for another answer"):
        own.classify(served["classifier"], "parcel")
    space = headwater.Node(url).space()
    with pytest.raises(BadReceipt, match="does not prove"):
        other = space["log_key"][:-3] + ("AAA" if space["log_key"][-3:] != "AAA" else "BBB")
        Models(url, key, log_key=other).gateway_key


def test_the_guide_runs_as_it_stands(url, tmp_path, monkeypatch, capsys, eventually):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parcels.csv").write_text("label,parcel\nlate,1\nlost,2\nlate,3\n")
    guide = Path(__file__).parents[3] / "docs" / "guide" / "python-market.md"
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(), re.S)
    sells, buys, looks = (block.replace("http://127.0.0.1:8448", url) for block in blocks)
    scope = {}
    exec(sells, scope)
    exec(buys, scope)
    eventually(lambda: [it for it in scope["parcels"].uses()["kind"] if it == "grant"])
    exec(looks, scope)
    assert scope["content"].proven and len(scope["page"].rows) == 2
    said = capsys.readouterr().out
    assert scope["page"].receipt.id in said and "download" in said and "grant" in said


def test_what_is_withdrawn_is_not_called(url, caller, served):
    own = served["embedding"]
    own.withdraw()
    late = Models(url, caller.model_key("late"))
    with pytest.raises(Problem) as gone:
        # The gateway looks at the log a little later.
        for _ in range(40):
            late.embed(own, "text")
            time.sleep(0.1)
    assert gone.value.code == "model_not_found"
    own.serve()
