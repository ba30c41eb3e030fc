"""Plans and campaigns: from a table to money set aside, from sealed answers to labels."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from .errors import Problem

if TYPE_CHECKING:
    from ._node import Node

#: The points of a campaign's life, in their order.
STAGES = ("open", "waiting", "scored", "closed", "settled")
#: What :meth:`Campaign.export` takes.
FORMATS = ("jsonl", "json", "answers", "preference", "label-studio")


class Plan:
    """A campaign before it opens: nothing is paid, nothing is public. Made by :meth:`Node.plan`."""

    def __init__(self, node: "Node", row: Dict[str, Any]) -> None:
        self._node = node
        #: Its number among the node's plans.
        self.id = int(row["id"])

    def __repr__(self) -> str:
        return f"Plan({self.id} at {self._node.url})"

    def settings(self) -> Dict[str, Any]:
        """Everything that will hold, with the usual values of what was left out."""
        return self._row()["settings"]

    def estimate(self) -> Dict[str, Any]:
        """What it will cost and how right the labels will be, before any money is set aside.

        ``tasks``, ``answers``, ``most_units`` (int, base units, verdicts included) and ``forecast``:
        a dict of ``accuracy_ppm`` (low, median, high), ``adaptive_answers``, ``adaptive_units`` and
        ``reached_ppm``; None for free text.
        """
        said = self._node.ask("GET", f"/plans/{self.id}/estimate")
        said["most_units"] = int(said["most_units"])
        return said

    def open(self, fund: Optional[int] = None, timeout_s: float = 120.0) -> "Campaign":
        """Signs the campaign, pays for it from deposit ``fund`` and waits until tasks are given out.

        Without ``fund`` the first deposit that has enough free money is taken, else test money where
        the node gives some. What is signed is checked first: no more than the estimate, from that
        deposit. Called again after a lost connection it finds what it has opened.
        """
        opened = self._row()["campaign"]
        if opened is None:
            most = self.estimate()["most_units"]
            place = (self._node.account, self._node._nonce())
            fund = free_fund(self._node, most) if fund is None else int(fund)
            path = f"/plans/{self.id}/prepare"
            said = self._node.ask("POST", path, {"fund": fund}, repeat=True)
            command = base64.b64decode(said["command"])
            signed = self._node._signer().campaign(place, command, fund, most)
            self._node.submit(signed)
            opened = _until(timeout_s, lambda: self._row()["campaign"], "no campaign has opened")
        return Campaign(self._node, opened)

    def delete(self) -> None:
        """Forgets it with its units; no campaign can be forgotten."""
        self._node.ask("DELETE", f"/plans/{self.id}")

    def _row(self) -> Dict[str, Any]:
        return self._node.ask("GET", f"/plans/{self.id}")


class Campaign:
    """A campaign of the log, by its number."""

    def __init__(self, node: "Node", id: int) -> None:
        self._node = node
        #: Its number in the log.
        self.id = int(id)

    def __repr__(self) -> str:
        return f"Campaign({self.id} at {self._node.url})"

    def __int__(self) -> int:
        return self.id

    def state(self) -> Dict[str, Any]:
        """How it stands: ``stage``, ``answers_sealed``, ``left_units``, ``brief``, ``terms`` .."""
        return self._node.ask("GET", f"/campaigns/{self.id}")

    @property
    def stage(self) -> str:
        """``open``, ``waiting`` (between rounds), ``scored``, ``closed`` or ``settled``."""
        return str(self.state()["stage"])

    def wait(
        self,
        until: str = "closed",
        timeout_s: Optional[float] = None,
        every_s: float = 1.0,
        progress: Optional[Callable[[Dict[str, Any]], None]] = None,
    ) -> "Campaign":
        """Waits for a stage and returns the campaign itself.

        ``closed``: labels are final and pay is decided. ``settled``: appeals are over too.
        ``progress`` is called with :meth:`state` each time. Raises TimeoutError.
        """
        if until not in STAGES:
            raise ValueError(f"`{until}` is none of {', '.join(STAGES)}")
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            state = self.state()
            if progress is not None:
                progress(state)
            if STAGES.index(state["stage"]) >= STAGES.index(until):
                return self
            if end is not None and time.monotonic() >= end:
                raise TimeoutError(f"campaign {self.id} is `{state['stage']}`, not `{until}`")
            time.sleep(every_s)

    def pause(self) -> None:
        """Nobody is given tasks until it goes on."""
        self._node.ask("POST", f"/campaigns/{self.id}/pause", repeat=True)

    def resume(self) -> None:
        """It goes on."""
        self._node.ask("POST", f"/campaigns/{self.id}/resume", repeat=True)

    def close(self) -> None:
        """The running round is the last."""
        self._node.ask("POST", f"/campaigns/{self.id}/close", repeat=True)

    def export(self, format: str = "jsonl") -> bytes:
        """What has been accepted, as a file: ``jsonl`` or ``json`` (a record for each task),
        ``answers`` (one for each answer), ``preference`` (TRL, of comparisons), ``label-studio``."""
        if format not in FORMATS:
            raise ValueError(f"`{format}` is none of {', '.join(FORMATS)}")
        path, query = f"/campaigns/{self.id}/export", {"format": format}
        return self._node.send("GET", path, query=query)[1]

    def answers(self) -> Any:
        """Accepted answers: a pandas DataFrame of shape (answers, 3) with the columns task (the
        requester's own id), worker (the number of an account) and label, as :func:`headwater.infer`
        takes them."""
        import pandas

        rows = _lines(self.export("answers"))
        columns: Dict[str, List[Any]] = {"task": [], "worker": [], "label": []}
        for row in rows:
            columns["task"].append(_name(row))
            columns["worker"].append(str(row["annotator"]))
            columns["label"].append(row["label"])
        return pandas.DataFrame(columns)

    def result(self) -> Any:
        """Labels so far: a pandas DataFrame with a row for each task that has a label.

        Columns: task (the requester's own id), label, probability (0 to 1), answers (how many
        count); then one for each contributor, ``contributor N`` with N their account, that has what
        they answered or None. Final once the campaign is closed.
        """
        import pandas

        rows = _lines(self.export("jsonl"))
        table = pandas.DataFrame({
            "task": [_name(row) for row in rows],
            "label": [row["label"] for row in rows],
            "probability": [float(row["hw_probability"]) for row in rows],
            "answers": [int(row["hw_answers"]) for row in rows],
        })
        given: Dict[str, Dict[str, Any]] = {}
        for row in self.answers().itertuples():
            given.setdefault(row.worker, {})[row.task] = row.label
        for worker in sorted(given, key=lambda it: (len(it), it)):
            own = given[worker]
            said = pandas.Series([own.get(task) for task in table["task"]], dtype=object)
            table[f"contributor {worker}"] = said
        return table

    def contributors(self) -> Any:
        """Who has worked: a pandas DataFrame with the columns account, pending, accepted, rejected
        (blocks of answers), gold_seen, gold_right, reputation (0 to 1) and paused."""
        import pandas

        rows = self._node.pages(f"/campaigns/{self.id}/people", "people")
        return pandas.DataFrame([
            {
                "account": row["account"],
                **row["blocks"],
                "gold_seen": row["gold_seen"],
                "gold_right": row["gold_right"],
                "reputation": None if row["reputation_ppm"] is None else row["reputation_ppm"] / 1e6,
                "paused": row["paused"],
            }
            for row in rows
        ])


def free_fund(node: "Node", units: int, token: int = 0) -> int:
    """The first deposit of a token with enough free money; test money where the node gives some."""
    for row in node.deposits():
        if row["token"] == token and row["free_units"] >= units:
            return int(row["fund"])
    # Says `out_of_range` or `no_faucet` where that is no way to pay.
    return node.deposit(units)


def _lines(data: bytes) -> List[Dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines() if line.strip()]


def _name(row: Dict[str, Any]) -> str:
    return str(row["hw_unit"])


def _until(timeout_s: float, look: Callable[[], Any], why: str) -> Any:
    end = time.monotonic() + timeout_s
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() >= end:
            raise Problem(503, "behind", why)
        time.sleep(0.2)
