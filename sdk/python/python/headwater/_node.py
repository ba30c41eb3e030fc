"""A node and who asks there: plans, campaigns, tasks, money."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ._campaign import Campaign, Plan
from ._frames import jsonl
from ._headwater import Keys
from ._http import Http, json_of
from ._wallet import secret
from .errors import Problem, Rejected

#: Where plans, campaigns and the rest stand.
API = "/api/v1"


class Task(NamedTuple):
    """A task that is yours until ``expires_ms`` (milliseconds since 1970).

    ``text`` is what is shown: a text, or a dict of fields. ``units`` are its numbers in the log.
    """

    campaign: int
    task: int
    units: List[int]
    names: List[str]
    text: Any
    expires_ms: int


class Node:
    """A node at an address, asked by whoever holds ``key``.

    ``key`` is an API key (``hw_...``), which reads, draws up plans and exports; or a wallet's secret
    (``0x`` and 64 hex digits, or 32 bytes), which may do all that and also sign: open campaigns,
    answer tasks, trade (:class:`Market`), make API keys. Without one, what is public can be read. A
    wallet's account is opened by the first request. The secret stays in this process; requests are
    signed by a session key that follows from it: it pays from deposits and moves none of them out.

    ``timeout_s`` bounds one answer; a request without one is tried ``attempts`` times in all, where
    trying again does nothing twice.
    """

    def __init__(
        self,
        url: str,
        key: Any = None,
        timeout_s: float = 120.0,
        attempts: int = 6,
    ) -> None:
        self._http = Http(url, timeout_s, attempts)
        self._bearer: Optional[str] = None
        self._secret: Optional[bytes] = None
        self._keys: Optional[Keys] = None
        self._account: Optional[int] = None
        self._lock = threading.Lock()
        self._last = 0
        if isinstance(key, str) and key.startswith("hw_"):
            self._bearer = key
        elif key is not None:
            self._secret = secret(key)

    def __repr__(self) -> str:
        return f"Node({self._http.url!r})"

    @property
    def url(self) -> str:
        """Where it is."""
        return self._http.url

    def space(self) -> Dict[str, Any]:
        """The log's name and key, what it settles on, and the limits."""
        return self._http.json("GET", f"{API}/space")

    @property
    def wallet(self) -> str:
        """The address behind the key, ``0x`` and 40 hex digits."""
        return self._signer().address

    @property
    def account(self) -> int:
        """The number of the account in the log; opens a wallet's where there is none."""
        with self._lock:
            if self._account is None:
                found = self._open_account() if self._bearer is None else self.me()["account"]
                if found is None:
                    raise Problem(403, "no_account", "the key's owner has no account in the log")
                self._account = int(found)
            return self._account

    def me(self) -> Dict[str, Any]:
        """``account``, ``roles`` and how the caller is known."""
        return self.ask("GET", "/me")

    # Requests

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """One request below ``/api/v1`` as whoever holds the key; its answer as JSON."""
        return self._http.json(method, f"{API}{path}", body, credential=self._credential(), **more)

    def pages(self, path: str, name: str, **query: Any) -> List[Dict[str, Any]]:
        """All rows of a list below ``/api/v1``, page by page; ``name`` is what an answer calls
        them, ``limit`` in ``query`` how many a page has."""
        rows: List[Dict[str, Any]] = []
        cursor = None
        while True:
            page = self.ask("GET", path, query={**query, "cursor": cursor})
            rows.extend(page[name])
            cursor = page["next"]
            if cursor is None:
                return rows

    def send(
        self, method: str, path: str, body: Tuple[str, bytes] = ("", b""), **more: Any
    ) -> Tuple[Dict[str, str], bytes]:
        """The same with bytes: ``body`` is their kind and themselves."""
        more.setdefault("credential", self._credential())
        return self._http.ask(method, f"{API}{path}", body, **more)

    def submit(self, signed: bytes, body: bytes = b"") -> int:
        """Hands an entry in; its index in the log. The same bytes again do nothing twice."""
        row = {"signed": _text(signed), "body": _text(body)}
        said = self._http.json("POST", f"{API}/submit", [row], repeat=True)["answers"][0]
        if "index" not in said:
            raise Rejected(said["code"], said["message"], said.get("refusal"))
        return int(said["index"])

    # Work to be done

    def plan(
        self,
        units: Any,
        title: str,
        id: Optional[str] = None,
        fields: Optional[Sequence[str]] = None,
        known: Optional[str] = None,
        **settings: Any,
    ) -> Plan:
        """Draws up a campaign over the rows of a table; nothing is paid or public yet.

        ``units`` is a pandas, polars or pyarrow table or a dict of lists, shape (tasks, columns).
        ``id`` names the column of the requester's own ids (by default the index, or the row's
        number), ``fields`` what is shown (all other columns), ``known`` the column of known answers,
        which become hidden checks. ``settings`` are those of a plan: ``kind`` (choice, choices,
        rating, comparison, text), ``classes``, ``instructions``, ``price_units`` (base units, for
        one answer), ``overlap`` (answers for each task), ``gold_ppm``, ``target_ppm`` and so on;
        what is left out has its usual value.

        Raises :class:`Problem`: ``bad_plan`` for settings that cannot be, and ValueError naming the
        first rows that cannot be used.
        """
        rows = jsonl(units, id, fields, known)
        settings = {name: _setting(name, value) for name, value in settings.items()}
        plan = Plan(self, self.ask("POST", "/plans", {"title": title, **settings}))
        query = {
            "id": rows.id,
            "fields": ",".join(rows.fields),
            "known": rows.known,
        }
        path, body = f"/plans/{plan.id}/units", ("application/x-ndjson", rows.lines)
        said = json_of(self.send("PUT", path, body, query=query))
        if said["refused"] or said["unread"]:
            faults = "; ".join(f"row {it['place']}: {it['what']}" for it in said["faults"][:3])
            self.ask("DELETE", f"/plans/{plan.id}")
            raise ValueError(f"{said['refused'] + said['unread']} rows cannot be used: {faults}")
        return plan

    def campaign(self, id: int) -> Campaign:
        """A campaign by its number."""
        return Campaign(self, id)

    def campaigns(self, stage: Optional[str] = None) -> List[Campaign]:
        """All campaigns, newest first; with ``stage`` only open, waiting, scored, closed or settled
        ones."""
        rows = self.pages("/campaigns", "campaigns", stage=stage)
        return [Campaign(self, row["id"]) for row in rows]

    # Work

    def tasks(self, campaign: int, count: int = 1) -> List[Task]:
        """Takes tasks of a campaign until ``count`` are held; those that are held come first."""
        path = f"/campaigns/{int(campaign)}/leases"
        said = self.ask("POST", path, {"count": count}, repeat=True)
        return [_task(int(campaign), row) for row in said["tasks"]]

    def answer(self, task: Task, label: Any, text: Optional[str] = None) -> int:
        """Seals the answer to a task: the place of the class, or one place for each unit. Nobody
        reads it before its round ends. The entry's index in the log."""
        labels = list(label) if isinstance(label, (list, tuple)) else [int(label)] * len(task.units)
        if len(labels) != len(task.units):
            raise ValueError(f"the task has {len(task.units)} units, {len(labels)} labels are given")
        texts = [text] + [None] * (len(labels) - 1)
        rows = list(zip(task.units, map(int, labels), texts))
        place = (self.account, self._nonce())
        return self.submit(*self._signer().answers(place, task.campaign, rows))

    def work(
        self, campaign: int, decide: Callable[[Task], Any], most: Optional[int] = None
    ) -> int:
        """Answers tasks by ``decide`` until none is left or ``most`` are answered; says how many.

        ``decide`` gets a :class:`Task` and returns the place of a class, or None to skip it.
        """
        done = 0
        while most is None or done < most:
            try:
                tasks = self.tasks(campaign, 5 if most is None else min(5, most - done))
            except Problem as problem:
                if problem.code == "no_round":
                    return done
                raise
            if not tasks:
                return done
            for task in tasks:
                label = decide(task)
                if label is None:
                    self.skip(task, "skipped by a program")
                else:
                    self.answer(task, label)
                    done += 1
        return done

    def skip(self, task: Task, reason: str = "") -> None:
        """Gives a task back; it is not offered to the same account again in its round."""
        path = f"/campaigns/{task.campaign}/leases/{task.task}"
        self.ask("DELETE", path, {"reason": reason})

    # Money

    def deposits(self) -> List[Dict[str, Any]]:
        """What the account has on deposit: ``fund`` (its number), ``token``, ``units`` and
        ``free_units`` in base units, ``closes_ms``."""
        rows = self.pages("/me/deposits", "deposits")
        for row in rows:
            row["units"], row["free_units"] = int(row["units"]), int(row["free_units"])
        return rows

    def deposit(self, units: Optional[int] = None) -> int:
        """Test money from a node that gives some, as a deposit: its number. Raises ``no_faucet``
        where money is real: deposit into the Escrow contract there."""
        wish = {} if units is None else {"units": str(int(units))}
        return int(self.ask("POST", "/me/deposits", wish)["fund"])

    def earnings(self) -> Dict[str, Any]:
        """What is pending, accepted, payable and paid, with reasons; money as text of base units."""
        return self.ask("GET", "/me/earnings")

    def disclose(self) -> int:
        """Writes into the log, for everybody and for good, where the account is paid."""
        return self.submit(self._signer().disclosure(self.account, self._nonce()))

    def claim(self) -> Dict[str, Any]:
        """Has the operator relay a claim: ``wallet``, ``paid_units``."""
        return self.ask("POST", "/me/claim", {})

    # Keys

    def api_key(
        self,
        name: str,
        writes: bool = False,
        roles: Optional[Sequence[str]] = None,
        days: Optional[int] = None,
    ) -> str:
        """A new API key, shown this once. It reads; with ``writes`` it draws up plans and steers
        campaigns too. It signs nothing."""
        self._log_in()
        wish: Dict[str, Any] = {"name": name, "writes": writes}
        if roles is not None:
            wish["roles"] = list(roles)
        if days is not None:
            wish["days"] = int(days)
        return str(self.ask("POST", "/me/keys", wish)["key"])

    def api_keys(self) -> List[Dict[str, Any]]:
        """The keys by their first letters, with ``id``."""
        return self.pages("/me/keys", "keys")

    def revoke_api_key(self, id: int) -> None:
        """Ends a key at once."""
        self.ask("DELETE", f"/me/keys/{int(id)}")

    # Signing

    def _signer(self) -> Keys:
        if self._keys is None:
            if self._secret is None:
                raise ValueError("this needs a wallet's secret as `key`: an API key signs nothing")
            about = self.space()
            chain_id = int(about["genesis"]["chain_id"])
            self._keys = Keys(self._secret, about["space"], chain_id)
        return self._keys

    def _credential(self) -> Any:
        if self._bearer is not None:
            return lambda method, target, body: {"Authorization": f"Bearer {self._bearer}"}
        if self._secret is None:
            return None
        # A signature counts for an account alone: it is opened before the first request.
        self.account
        return self._signed

    def _signed(self, method: str, target: str, body: bytes) -> Mapping[str, str]:
        # Each attempt has a nonce of its own: one counts once.
        once = (int(time.time()), secrets.token_urlsafe(24))
        return dict(self._signer().request(method, target, body, once))

    def _nonce(self) -> int:
        with self._lock:
            # Later than all before from this key, in other processes too.
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return self._last

    def _open_account(self) -> int:
        found = self._find()
        if found is None:
            # The first nonce: two processes that begin together open one account.
            index = self.submit(*self._signer().opening(0))
            query = {"at_least": index, "wait": 30_000}
            found = self._find(query)
        if found is None:
            raise Problem(503, "behind", "the account does not show yet")
        return found

    def _find(self, query: Optional[Dict[str, Any]] = None) -> Optional[int]:
        if query is not None:
            # Waits until what was handed in has taken effect.
            self._http.json("GET", f"{API}/accounts/0", query=query)

        try:
            me = self._http.json("GET", f"{API}/me", credential=self._signed)
        except Problem as problem:
            if problem.code == "unknown_key":
                return None
            raise
        return None if me["account"] is None else int(me["account"])

    def _log_in(self) -> None:
        """Lets the node know the person behind the account (EIP-4361): API keys are a person's."""
        keys = self._signer()
        headers, _ = challenge = self._http.ask("POST", f"{API}/login/nonce")
        asked = json_of(challenge)
        cookie = headers["set-cookie"].split(";")[0]
        issued = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        message = (
            f"{asked['domain']} wants you to sign in with your Ethereum account:\n{keys.address}"
            f"\n\n{asked['statement']}\n\nURI: {asked['uri']}\nVersion: 1\n"
            f"Chain ID: {asked['chains'][0]}\nNonce: {asked['nonce']}\nIssued At: {issued}"
        )
        signed, body = keys.opening(0)
        wish = {
            "message": message,
            "signature": keys.sign_message(message),
            "account": {"signed": _text(signed), "body": _text(body)},
        }
        path = f"{API}/login/wallet"
        self._http.json("POST", path, wish, credential=lambda *_: {"Cookie": cookie})


def _text(data: bytes) -> str:
    return base64.b64encode(bytes(data)).decode()


def _setting(name: str, value: Any) -> Any:
    """Money travels as decimal text, everything else as it is."""
    return str(int(value)) if name.endswith("_units") else value


def _task(campaign: int, row: Dict[str, Any]) -> Task:
    text = row["text"]
    if isinstance(text, str) and text.startswith("{"):
        try:
            text = json.loads(text)
        except ValueError:
            pass
    units = [int(unit["unit"]) for unit in row["units"]]
    names = [str(unit["name"]) for unit in row["units"]]
    return Task(campaign, int(row["task"]), units, names, text, int(row["expires_ms"]))
