"""Nodes of their own for the tests that need one."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
import upstream

import headwater

#: Prices of a call by the terms, in base units.
PRICES = {"classifier": 50, "ngram": 20, "composed": 7, "echo": 30}
TEXTS = [
    ("my parcel is late", "delivery"), ("the parcel has not come", "delivery"),
    ("I was charged twice", "billing"), ("the invoice is wrong", "billing"),
] * 3


@contextmanager
def node_at(data, *more):
    """The address of a fresh node with test money; `HEADWATER_PROGRAM` names the program."""
    program = os.environ.get("HEADWATER_PROGRAM")
    if program is None:
        pytest.skip("HEADWATER_PROGRAM names no `headwater` to start")
    command = [program, "run", "--data", str(data), "--listen", "127.0.0.1:0"]
    command += ["--faucet", "1000000000", "--epoch-every", "3000", "--window", "1", *more]
    node = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        for line in node.stdout:
            if line.startswith("address"):
                yield line.split()[1]
                break
        else:
            raise RuntimeError(f"the node has ended with {node.wait()}")
    finally:
        node.send_signal(signal.SIGTERM)
        assert node.wait(60) == 0, "the node ends well"


@pytest.fixture(scope="session")
def url(tmp_path_factory):
    """The address of a node whose gateway has built-in models alone."""
    with node_at(tmp_path_factory.mktemp("headwater") / "node") as address:
        yield address


class Gateway:
    """A node whose gateway asks a program of the test, too. ``assets``: those in service, by the
    names of `PRICES`; ``owner``: their owner's market."""

    def __init__(self, address, program):
        self.url, self.program = address, program
        self.owner = headwater.Market(headwater.Node(address, key=headwater.new_wallet()))
        self.assets = {}

    def serve(self):
        texts, labels = zip(*TEXTS)
        rows = {"text": list(texts), "label": list(labels)}
        for name, price in PRICES.items():
            built_in = name in ("classifier", "ngram")
            content = headwater.train(rows, name).data if built_in else name.encode()
            terms = dict(kind="model", price_units=price)
            asset = self.owner.register(f"gateway {name}", content, ["query"], **terms)
            asset.serve()
            self.assets[name] = asset
        used = [self.assets["classifier"], self.assets["ngram"]]
        self.assets["composed"].compose(used, most_units=200)


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    """See :class:`Gateway`; of its assets 2 and 3 are answered by the test's program."""
    folder = tmp_path_factory.mktemp("gateway")
    with upstream.started() as program:
        lines = ["[[upstream]]", 'name = "here"', f'base_url = "{program.url}"']
        for asset, name in ((2, "composed"), (3, "echo")):
            lines += ["[[model]]", f"asset = {asset}", f'name = "{name}"', 'upstream = "here"']
            lines += [f'model = "{name}"', "max_output_tokens = 64"]
        (folder / "models.toml").write_text("\n".join(lines) + "\n")
        with node_at(folder / "node", "--gateway", str(folder / "models.toml")) as address:
            program.node = address
            own = Gateway(address, program)
            own.serve()
            yield own


@pytest.fixture(scope="session")
def eventually():
    """Looks until something is there: what is told of the log is a moment behind it."""

    def look(found, timeout_s=20):
        end = time.monotonic() + timeout_s
        while True:
            what = found()
            if what is not None and len(what):
                return what
            assert time.monotonic() < end, "it is not told of"
            time.sleep(0.1)

    return look
