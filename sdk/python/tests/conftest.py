"""A node of its own for the tests that need one."""

import os
import signal
import subprocess
import time

import pytest


@pytest.fixture(scope="session")
def url(tmp_path_factory):
    """The address of a fresh node with test money; `HEADWATER_PROGRAM` names the program."""
    program = os.environ.get("HEADWATER_PROGRAM")
    if program is None:
        pytest.skip("HEADWATER_PROGRAM names no `headwater` to start")
    data = tmp_path_factory.mktemp("headwater") / "node"
    command = [program, "run", "--data", str(data), "--listen", "127.0.0.1:0"]
    command += ["--faucet", "1000000000", "--epoch-every", "3000", "--window", "1"]
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
