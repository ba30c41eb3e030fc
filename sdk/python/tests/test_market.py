"""The market against a real node: register, buy, read, see who has used it; what goes wrong."""

import hashlib
from contextlib import contextmanager

import pytest

from headwater import BadContent, Market, Node, Problem, Rejected, new_wallet

ROWS = ["late,1", "lost,2", "late,3", "fine,4", "lost,5", "late,6"]
CSV = ("label,parcel\n" + "\n".join(ROWS) + "\n").encode()
CARD = b"---\nlicense: cc-by-4.0\n---\n# Parcels\n"


def trader(url):
    return Market(Node(url, key=new_wallet()))


def account(market):
    return market._node.account


@pytest.fixture(scope="module")
def owner(url):
    return trader(url)


@pytest.fixture(scope="module")
def parcels(owner):
    return owner.register(
        "Parcels of a test", CSV, ["train", "display", "query"], price_units=5, card=CARD,
        prices={"train": (5_000, 100)}, license="CC-BY-4.0", floor_ppm=50_000, revocable=True,
    )


@pytest.fixture(scope="module")
def buyer(url, parcels):
    market = trader(url)
    grant = market.asset(parcels).buy("train")
    assert [row["grant"] for row in market.grants()] == [grant]
    return market


def test_an_asset_is_registered_and_found(owner, parcels, url, eventually):
    about = parcels.state()
    assert (about["title"], about["kind"]) == ("Parcels of a test", "dataset")
    assert about["owner"] == account(owner)
    assert about["content"] == hashlib.sha256(CSV).hexdigest()
    assert about["terms"]["purposes"] == ["display", "query", "train"]
    assert about["terms"]["price_units"] == "5"
    assert about["terms"]["demand"] == {"kind": "floor", "ppm": 50_000}
    assert about["listing"]["license"] == {"spdx": "CC-BY-4.0"}
    assert about["listing"]["rows"] == 7, "lines, as the node counts them"
    anybody = Market(Node(url))
    for wanted in (
        {"text": "parc test"}, {"kind": "dataset"}, {"purpose": "train", "max_units": 10_000},
        {"owner": account(owner)},
    ):
        # Words are found a moment after the log has them.
        eventually(lambda: [row for row in anybody.search(**wanted) if row["id"] == parcels.id])
    assert parcels.id not in [row["id"] for row in anybody.search(purpose="train", max_units=9)]
    assert anybody.asset(parcels).card() == CARD.decode()
    assert anybody.asset(parcels).croissant()["name"] == "Parcels of a test"
    assert len(anybody.asset(parcels).preview()) == 7
    with pytest.raises(Problem) as wrong:
        anybody.search(kind="parchment")
    assert wrong.value.code == "invalid_query"


def test_a_licence_is_bought_and_the_content_is_proven(buyer, parcels, tmp_path):
    own = buyer.asset(parcels)
    content = own.download("train")
    assert (content.data, content.proven) == (CSV, True)
    assert content.sha256 == hashlib.sha256(CSV).hexdigest()
    part = own.download("train", start=6, stop=12)
    assert (part.data, part.proven) == (CSV[6:12], False)
    assert own.download(start=13).data == CSV[13:]
    assert own.save(tmp_path / "parcels.csv", "train")
    assert (tmp_path / "parcels.csv").read_bytes() == CSV
    assert [path.name for path in tmp_path.iterdir()] == ["parcels.csv"]
    with pytest.raises(ValueError, match="no bytes from 5 up to 5"):
        own.download("train", start=5, stop=5)
    with pytest.raises(Problem) as beyond:
        own.download("train", start=len(CSV))
    assert beyond.value.code == "bad_range"


def test_other_bytes_than_the_logs_are_refused(buyer, parcels, tmp_path, monkeypatch):
    own = buyer.asset(parcels)
    send = buyer._node.send

    def bent(*asked, **more):
        headers, data = send(*asked, **more)
        return headers, data.replace(b"late", b"LATE")

    monkeypatch.setattr(buyer._node, "send", bent)
    with pytest.raises(BadContent, match="not those that the log names"):
        own.download("train")
    # What breaks off is asked for from there on; what has come is not asked for again.
    http, spans = buyer._node._http, []
    whole = http.stream

    @contextmanager
    def broken(method, path, body=("", b""), query=None, credential=None):
        spans.append(credential(method, f"{http.url}{path}?purpose=train", b"").get("Range"))
        with whole(method, path, body, query, credential) as (headers, response):
            if len(spans) == 1:
                pieces = iter([response.read(10), b""])
                response.read = lambda *_: next(pieces)
            yield headers, response

    monkeypatch.setattr(http, "stream", broken)
    assert own.save(tmp_path / "parcels.csv", "train")
    assert (tmp_path / "parcels.csv").read_bytes() == CSV
    assert spans == [None, "bytes=10-"]


def of_kind(asset, kind):
    """Uses of one kind."""
    table = asset.uses()
    return table[table["kind"] == kind]


def test_who_has_used_it_and_what_it_paid(buyer, owner, parcels, eventually):
    buyer.asset(parcels).download("train")
    eventually(lambda: of_kind(parcels, "grant"))
    table = parcels.uses()
    assert set(table["account"]) == {account(buyer)}
    bought = table[table["kind"] == "grant"].iloc[0]
    assert (bought["purpose"], bought["amount_units"]) == ("train", 5_000 + 7 * 100)
    assert bought["time"].tz is not None and bought["entry"] > 0
    taken = table[table["kind"] == "download"]
    assert taken["bytes"].max() == len(CSV) and set(taken["amount_units"]) == {0}
    all_of_it = owner.uses()
    assert list(all_of_it.columns[:2]) == ["asset", "title"]
    assert len(all_of_it[all_of_it["asset"] == parcels.id]) == len(table)
    links = parcels.revenue()
    came = links[links["target"] == f"asset:{parcels.id}"]
    assert came["units"].sum() >= 5_700
    assert f"account:{account(buyer)}" in set(came["source"])


def test_a_licence_for_some_rows_gives_these(url, owner, parcels):
    market = trader(url)
    own = market.asset(parcels)
    with pytest.raises(Problem) as dear:
        own.buy("train", rows=2, most_units=5_199)
    assert dear.value.code == "price_above_limit" and not market.grants()
    grant = own.buy("train", rows=2, most_units=5_200)
    content = own.download("train")
    assert content.data == CSV[:len("label,parcel\nlate,1\nlost,2\n")] and not content.proven
    owner.revoke(grant)
    with pytest.raises(Problem) as gone:
        own.download("train")
    assert gone.value.code == "grant_revoked" and "buy" in gone.value.hint
    with pytest.raises(Rejected) as again:
        owner.revoke(grant)
    assert again.value.refusal


def test_what_goes_wrong_is_named(url, owner, parcels):
    stranger = trader(url)
    own = stranger.asset(parcels)
    with pytest.raises(Problem) as missing:
        stranger.asset(9_999).state()
    assert (missing.value.status, missing.value.code) == (404, "not_found")
    with pytest.raises(Problem) as unknown:
        stranger.asset(9_999).buy("train")
    assert unknown.value.code == "not_found" and "9999" in unknown.value.detail
    with pytest.raises(Problem) as unpaid:
        own.download("train")
    assert (unpaid.value.status, unpaid.value.code) == (403, "grant_missing")
    assert unpaid.value.hint == "buy a licence first: `Asset.buy(purpose)`"
    for forbidden in (lambda: own.download("evaluate"), lambda: own.buy("evaluate")):
        with pytest.raises(Problem) as refused:
            forbidden()
        assert refused.value.code == "unknown_purpose" and "terms" in refused.value.hint
    with pytest.raises(TypeError, match="there is no `licence`"):
        owner.register("x", b"x", ["train"], licence="MIT")
    with pytest.raises(ValueError, match="`kind` is dataset"):
        owner.register("x", b"x", ["train"], kind="label_set")
    with pytest.raises(Problem) as unlicensed:
        stranger.register("child", b"x", ["query"], kind="model", parents=[parcels])
    assert unlicensed.value.code == "grant_missing"
    assert f"parent {parcels.id}" in unlicensed.value.detail
    with pytest.raises(Problem) as of_others:
        stranger.upload(b"own")
        stranger._node.ask("POST", "/assets", {"kind": "dataset", "title": "x",
                           "content": hashlib.sha256(CSV).hexdigest(), "purposes": ["train"]})
    assert of_others.value.code == "content_of_others" and of_others.value.hint
    anybody = Market(Node(url))
    with pytest.raises(Problem) as nobody:
        anybody.asset(parcels).download("train")
    assert nobody.value.code == "grant_missing"
    with pytest.raises(Problem) as outside:
        anybody.asset(parcels).buy("train")
    assert outside.value.code == "not_logged_in"


def test_a_child_under_a_waiver_is_told_in_the_lineage(owner, parcels, buyer, eventually):
    offered = parcels.waive(account(buyer), floor_ppm=10_000, price_units=2_000, days=1)
    (row,) = owner.waivers(asset=parcels, open=True)
    assert (row["waiver"], row["account"], row["open"]) == (offered, account(buyer), True)
    child = buyer.register(
        "Model of a test", b"weights", ["query"], kind="model", parents=[parcels],
        waivers=[offered], fund=buyer._node.deposit(2_000),
    )
    tree = child.lineage()
    assert {"parent": parcels.id, "child": child.id}.items() <= tree["edges"][0].items()
    assert tree["floors"] == [{"ancestor": parcels.id, "ppm": 10_000}]
    assert [it["waiver"] for it in tree["waivers"]] == [offered]
    assert {it["id"] for it in parcels.lineage()["nodes"]} == {parcels.id, child.id}
    used = eventually(lambda: of_kind(parcels, "waiver")).iloc[0]
    assert (used["child"], used["amount_units"]) == (child.id, 2_000)
    assert owner.waivers(asset=parcels, open=False)[0]["used_by"] == child.id
    for wrong in (dict(floor_ppm=50_000), dict(floor_ppm=1, days=-1)):
        with pytest.raises(Problem) as refused:
            parcels.waive(account(buyer), **wrong)
        assert refused.value.code == "bad_asset"
    with pytest.raises(Problem) as foreign:
        buyer.asset(parcels).waive(account(owner), 1)
    assert foreign.value.code == "not_owner"
