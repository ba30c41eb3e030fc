"""The client against a real node: a campaign from a data frame to its labels, and what goes wrong."""

import json
import re
import socket
import threading
from pathlib import Path

import pandas as pd
import pytest

import headwater
from headwater import Market, Node, Problem, Rejected, Unreachable, new_wallet

CLASSES = ["good", "bad"]
#: Many hidden checks, small blocks, no waiting for appeals.
QUICK = dict(
    classes=CLASSES, price_units=1_000, overlap=3, gold_ppm=500_000, block_length=12,
    beta_ppm=100_000, appeal_hours=0,
)


def messages(count=36):
    """Texts of two moods; two of three are known."""
    moods = [CLASSES[place % 3 == 0] for place in range(count)]
    return pd.DataFrame({
        "key": [f"m{place}" for place in range(count)],
        "body": [f"message {place} sounds {mood}" for place, mood in enumerate(moods)],
        "stars": [5 if mood == "good" else 1 for mood in moods],
        "truth": [mood if place % 3 != 1 else None for place, mood in enumerate(moods)],
    })


def truth(task):
    """What somebody answers who reads: the place of the class."""
    return CLASSES.index(task.text["body"].split()[-1])


@pytest.fixture(scope="module")
def settled(url):
    """A requester, and a campaign of theirs that three contributors have worked on."""
    requester = Node(url, key=new_wallet())
    plan = requester.plan(messages(), "moods", id="key", known="truth", **QUICK)
    estimate = plan.estimate()
    assert (estimate["tasks"], estimate["answers"]) == (36, 108)
    assert estimate["most_units"] == 108_000
    assert len(estimate["forecast"]["accuracy_ppm"]) == 3
    campaign = plan.open()
    assert plan.open().id == campaign.id, "a second time it is the same one"
    people = [Node(url, key=new_wallet()) for _ in range(3)]
    for person in people:
        person.deposit()
    works = [threading.Thread(target=person.work, args=(campaign, truth)) for person in people]
    for work in works:
        work.start()
    for work in works:
        work.join()
    assert campaign.wait("settled", timeout_s=120, every_s=0.2) is campaign
    return requester, campaign, people


def test_labels_come_back_with_probabilities_and_contributors(settled):
    _, campaign, people = settled
    table = campaign.result().set_index("task")
    expected = {f"m{place}": CLASSES[place % 3 == 0] for place in range(36)}
    assert table["label"].to_dict() == expected
    assert table["probability"].between(0.5, 1.0).all()
    columns = [name for name in table.columns if name.startswith("contributor ")]
    assert set(columns) <= {f"contributor {person.account}" for person in people}
    given = table[columns].notna().sum(axis=1)
    assert (given == table["answers"]).all() and given.max() <= 3
    for name in columns:
        own = table[name].dropna()
        assert (own == table.loc[own.index, "label"]).all()


def test_answers_go_into_the_engine(settled):
    _, campaign, _ = settled
    answers = campaign.answers()
    assert list(answers.columns) == ["task", "worker", "label"]
    found = headwater.infer(answers).labels.set_index("task")["label"]
    assert found.to_dict() == campaign.result().set_index("task")["label"].to_dict()


def test_contributors_and_their_pay(settled):
    _, campaign, people = settled
    table = campaign.contributors()
    assert set(table["account"]) <= {person.account for person in people}
    assert table["accepted"].sum() > 0 and table["rejected"].sum() == 0
    assert (table["gold_right"] == table["gold_seen"]).all()
    worker = next(it for it in people if it.account == int(table["account"][0]))
    worker.disclose()
    assert worker.earnings()


def test_labels_become_an_asset_that_is_sold(settled, url):
    requester, campaign, people = settled
    own, buyer = Market(requester), Market(Node(url, key=new_wallet()))
    labels = own.label_set(campaign)
    purposes = labels.state()["terms"]["purposes"]
    labels.list_at(prices={purposes[0]: 1_000}, license="CC-BY-4.0")
    with pytest.raises(Rejected) as again:
        labels.list_at()
    assert again.value.code == "already_listed"
    bought = buyer.asset(labels)
    with pytest.raises(Problem) as unpaid:
        bought.download(purposes[0])
    assert unpaid.value.code == "grant_missing"
    bought.buy(purposes[0])
    content = bought.download(purposes[0])
    # The node makes the file: its bytes are none that the log has a hash of.
    assert len(content.data.splitlines()) == 36 and not content.proven
    shares = Market(people[0]).royalties()
    assert [(row["asset"], row["campaign"]) for row in shares] == [(labels.id, campaign.id)]
    with pytest.raises(KeyError, match="is not closed"):
        own.label_set(9_999)


def test_files_in_every_format(settled):
    _, campaign, _ = settled
    lines = [json.loads(line) for line in campaign.export("jsonl").splitlines()]
    assert len(lines) == 36 and lines[0]["stars"] in (1, 5)
    assert len(json.loads(campaign.export("json"))) == 36
    studio = json.loads(campaign.export("label-studio"))
    assert len(studio) == 36 and studio[0]["annotations"]
    assert len(campaign.export("answers").splitlines()) == len(campaign.answers())
    with pytest.raises(Problem) as refused:
        campaign.export("preference")
    assert refused.value.code == "no_preferences"
    with pytest.raises(ValueError):
        campaign.export("parchment")


def test_an_api_key_reads_and_signs_nothing(settled, url):
    requester, campaign, _ = settled
    key = requester.api_key("reports")
    reader = Node(url, key=key)
    assert reader.me()["how"] == "key"
    assert reader.campaign(campaign.id).result().equals(campaign.result())
    with pytest.raises(Problem) as refused:
        reader.campaign(campaign.id).pause()
    assert (refused.value.status, refused.value.code) == (403, "key_lacks_right")
    with pytest.raises(ValueError):
        reader.disclose()
    row = next(row for row in requester.api_keys() if key.startswith(row["begins"]))
    requester.revoke_api_key(row["id"])
    with pytest.raises(Problem) as gone:
        reader.me()
    assert gone.value.code == "bad_api_key"


def test_steering_and_what_the_desk_refuses(url):
    requester, person = Node(url, key=new_wallet()), Node(url, key=new_wallet())
    plan = requester.plan({"text": ["one", "two"]}, "two", classes=CLASSES, price_units=1, gold_ppm=0)
    campaign = plan.open()
    campaign.pause()
    with pytest.raises(Problem) as paused:
        person.tasks(campaign)
    assert (paused.value.status, paused.value.code) == (409, "campaign_paused")
    campaign.resume()
    (task,) = person.tasks(campaign)
    assert (task.text, task.names) in (("one", ["0"]), ("two", ["1"]))
    person.skip(task, "not mine")
    with pytest.raises(Rejected) as denied:
        person.answer(task, 0)
    assert denied.value.code == "not_leased"
    (other,) = person.tasks(campaign)
    assert other.task != task.task
    assert person.answer(other, 1) > 0
    with pytest.raises(TimeoutError):
        campaign.wait("settled", timeout_s=0)
    campaign.close()


def test_problems_have_codes_and_rows_are_named(url):
    requester = Node(url, key=new_wallet())
    with pytest.raises(Problem) as bad:
        requester.plan(messages(), "", classes=["one"], price_units=1)
    assert (bad.value.status, bad.value.code) == (400, "bad_plan")
    assert "`title`" in bad.value.detail and "`classes`" in bad.value.detail
    with pytest.raises(Problem) as missing:
        requester.campaign(9_999).state()
    assert missing.value.code == "not_found"
    twice = pd.DataFrame({"id": ["a", "a"], "text": ["x", "y"]})
    with pytest.raises(ValueError, match="rows cannot be used: row 2"):
        requester.plan(twice, "twice", id="id", classes=CLASSES, price_units=1)
    with pytest.raises(KeyError, match="no column `nowhere`"):
        requester.plan(twice, "twice", id="nowhere", classes=CLASSES, price_units=1)
    for key in ("0x12", b"short", 7):
        with pytest.raises(ValueError):
            Node(url, key=key)
    with pytest.raises(Problem) as poor:
        plan = requester.plan(messages(), "dear", id="key", classes=CLASSES, price_units=10**15)
        plan.open()
    assert poor.value.code == "out_of_range"


def test_the_same_wallet_is_the_same_account(url):
    secret = new_wallet()
    first, second = Node(url, key=secret), Node(url, key=secret)
    assert first.account == second.account
    assert first.wallet == second.wallet
    assert Node(url, key=new_wallet()).account != first.account


def test_the_guide_runs_as_it_stands(url):
    guide = Path(__file__).parents[3] / "docs" / "guide" / "python.md"
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(), re.S)
    first, second = (block.replace("http://127.0.0.1:8448", url) for block in blocks)
    lines, scope = first.splitlines(), {}
    assert len(lines) == 5
    exec("\n".join(lines[:4]), scope)
    for _ in range(scope["campaign"].state()["overlap"]):
        exec(second, dict(scope))
    exec(lines[4], scope)
    assert scope["labels"]["label"].tolist() == ["delivery", "billing"]


def test_lists_are_read_to_their_end(settled, url):
    _, campaign, _ = settled
    person = Node(url, key=new_wallet())
    for name in ("one", "two", "three"):
        person.api_key(name)
    names = [row["name"] for row in person.pages("/me/keys", "keys", limit=1)]
    assert sorted(names) == ["one", "three", "two"]
    assert campaign.id in [it.id for it in person.campaigns("settled")]
    found = person.pages("/campaigns", "campaigns", limit=1)
    assert [row["id"] for row in found] == [it.id for it in person.campaigns()]


def test_nobody_there(url):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable):
        Node(f"http://127.0.0.1:{port}", attempts=1).space()
    with pytest.raises(ValueError):
        Node("ftp://example.org")


class Lossy:
    """A way to the node that loses the first answers to submissions, after the node has heard."""

    def __init__(self, url, losses):
        host, port = url.removeprefix("http://").split(":")
        self.node, self.losses = (host, int(port)), losses
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        with client, socket.create_connection(self.node) as node:
            while True:
                head = self.message(client)
                if head is None:
                    return
                node.sendall(head)
                answer = self.message(node)
                if b"/api/v1/submit" in head.split(b"\r\n")[0] and self.losses > 0:
                    self.losses -= 1
                    return
                client.sendall(answer)

    @staticmethod
    def message(side):
        data = b""
        while b"\r\n\r\n" not in data:
            more = side.recv(65_536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        while len(body) < length:
            body += side.recv(65_536)
        return head + b"\r\n\r\n" + body


def test_an_answer_that_is_lost_is_asked_for_again_and_counts_once(url):
    lossy = Lossy(url, 0)
    person = Node(url, key=new_wallet())
    requester = Node(url, key=new_wallet())
    plan = requester.plan({"text": ["one"]}, "one", classes=CLASSES, price_units=1, gold_ppm=0)
    campaign = plan.open()
    (task,) = person.tasks(campaign)
    # Signed requests name the node's own address, so only what signs itself takes the lossy way.
    person._http, direct = headwater._http.Http(lossy.url, 60, 6), person._http
    lossy.losses = 2
    index = person.answer(task, 0)
    person._http = direct
    assert lossy.losses == 0, "two answers were lost on the way"
    before = requester.space()
    assert before["space"]
    signed, body = person._signer().answers((person.account, 5), campaign.id, [(task.units[0], 0, None)])
    with pytest.raises(Rejected) as again:
        person.submit(signed, body)
    assert again.value.code == "answered"
    assert campaign.state()["answers_sealed"] == 1 and index > 0
