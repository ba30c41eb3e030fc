"""One asset: what is known of it, its content, licences, and its service at the gateway."""

from __future__ import annotations

import hashlib
import http.client
import os
import time
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Union,
)

from ._campaign import free_fund
from ._draft import ASKS, File, Price, known_fields, priced
from ._headwater import Trade
from ._http import beside
from .errors import BadContent, Problem, Unreachable

if TYPE_CHECKING:
    from ._market import Market
    from ._node import Node

DAY_MS = 86_400_000
#: Bytes of a content that are read at a time.
PIECE = 1 << 20
#: How often a content that breaks off without a new byte is asked for.
TRIES = 6
#: Columns of :meth:`Asset.uses`.
USES = (
    "kind", "account", "purpose", "time", "amount_units", "uses", "rows", "bytes", "grant", "child",
    "expires_ms", "revoked_ms", "entry",
)


class Content(NamedTuple):
    """A content that was read. ``sha256``: of these bytes. ``proven``: whether the log has that
    SHA-256 for the asset; a part, and the file that a node makes of a label set, prove nothing."""

    data: bytes
    sha256: str
    proven: bool


class Asset:
    """An asset of the log, by its number. Made by :class:`~headwater.Market`."""

    def __init__(self, market: "Market", node: "Node", id: int) -> None:
        self._market, self._node = market, node
        #: Its number in the log.
        self.id = id

    def __repr__(self) -> str:
        return f"Asset({self.id} at {self._node.url})"

    def __int__(self) -> int:
        return self.id

    # What is known

    def state(self) -> Dict[str, Any]:
        """``title``, ``kind``, ``owner``, ``content``, ``terms``, ``listing``, ``parents``,
        ``uses``, ``charged_units`` .. Raises ``not_found``."""
        return self._node.ask("GET", f"/assets/{self.id}")

    def lineage(self) -> Dict[str, Any]:
        """What it is built on and what is built on it: ``nodes``, ``edges`` with what each child
        owes its parent, ``floors``, ``waivers``; ``cut`` says whether there are more."""
        return self._node.ask("GET", f"/assets/{self.id}/lineage")

    def preview(self) -> List[Any]:
        """The first rows, where the terms have `display`, or one owns it or holds a licence."""
        return self._node.ask("GET", f"/assets/{self.id}/preview")["rows"]

    def card(self) -> str:
        """Its card, Markdown with a head in YAML; raises ``not_found`` where it has none."""
        return self._node.send("GET", f"/assets/{self.id}/card")[1].decode()

    def croissant(self) -> Dict[str, Any]:
        """Its metadata as Croissant 1.1, JSON-LD."""
        return self._node.ask("GET", f"/assets/{self.id}/croissant")

    def uses(self) -> Any:
        """Who has used it, newest first: a pandas DataFrame with a row for each charged segment of
        calls, licence, download and used waiver.

        Columns: kind (calls, grant, download, waiver), account (None: nobody was logged in),
        purpose, time (UTC), amount_units (int), uses (of calls), rows (of licences), bytes (of
        downloads), grant, child (of waivers), expires_ms, revoked_ms, entry (of the log). What the
        log has shows here a moment later.
        """
        import pandas

        rows = list(self._market.rows(f"/assets/{self.id}/uses", "uses", {}))
        times = pandas.to_datetime([row["time_ms"] for row in rows], unit="ms", utc=True)
        for row in rows:
            row["amount_units"] = int(row["amount_units"])
        table = pandas.DataFrame(rows).reindex(columns=list(USES))
        table["time"] = times
        return table

    def revenue(self) -> Any:
        """Where its money came from and went: a pandas DataFrame with the columns source, target
        (``asset:N``, ``account:N``, ``contributors:N``), kind, token, units (int) and settled."""
        import pandas

        links = self._node.ask("GET", f"/assets/{self.id}/revenue")["links"]
        names = ("source", "target", "kind", "token", "units", "settled")
        rows = [{**link, "units": int(link["amount_units"])} for link in links]
        return pandas.DataFrame(rows).reindex(columns=list(names))

    # Content

    def download(
        self,
        purpose: Optional[str] = None,
        start: int = 0,
        stop: Optional[int] = None,
    ) -> Content:
        """Reads the content, or the bytes from ``start`` up to ``stop`` of it, for a purpose that
        is free or that one has a licence for. It is noted among the uses.

        The whole is held against the SHA-256 in the log: other bytes raise
        :class:`~headwater.BadContent`. A licence for some rows gives these, which prove nothing.
        """
        path, query = f"/assets/{self.id}/download", {"purpose": purpose}
        part = start > 0 or stop is not None
        if part and (start < 0 or (stop is not None and stop <= start)):
            raise ValueError(f"there are no bytes from {start} up to {stop}")
        span = {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"} if part else {}
        credential = beside(self._node._credential(), span)
        headers, data = self._node.send("GET", path, query=query, credential=credential)
        found = hashlib.sha256(data).hexdigest()
        return Content(data, found, not part and self._proves(found, headers))

    def save(self, path: Any, purpose: Optional[str] = None) -> bool:
        """Reads the whole content into a file, however large, and goes on where it has broken off.

        The file is there only once all of it has come and was held against the SHA-256 in the log,
        as :meth:`download` does. Returns whether it is proven.
        """
        part = f"{os.fspath(path)}.part"
        try:
            with open(part, "wb") as file:
                proven = self._proves(*self._pull(file, purpose))
            os.replace(part, path)
        finally:
            if os.path.exists(part):
                os.remove(part)
        return proven

    def _pull(self, file: Any, purpose: Optional[str]) -> Any:
        """Writes all bytes; their SHA-256, and the headers."""
        place, query = f"/api/v1/assets/{self.id}/download", {"purpose": purpose}
        found, size, whole, named, failed = hashlib.sha256(), 0, None, None, 0
        while whole is None or size < whole:
            span = {"Range": f"bytes={size}-"} if size else {}
            credential = beside(self._node._credential(), span)
            before, why = size, "the answer broke off"
            try:
                asked = self._node._http.stream("GET", place, query=query, credential=credential)
                with asked as (headers, response):
                    if named not in (None, headers.get("etag")):
                        raise BadContent("it has become another one while it was read")
                    named, whole = headers.get("etag"), size + int(headers["content-length"])
                    for piece in iter(lambda: response.read(PIECE), b""):
                        file.write(piece)
                        found.update(piece)
                        size += len(piece)
            except (Unreachable, OSError, http.client.HTTPException) as error:
                why = str(error)
            failed = 0 if size > before else failed + 1
            if whole is None or size < whole:
                if failed >= TRIES:
                    raise Unreachable(self._node.url, why)
                time.sleep(0.2 * failed)
        return found.hexdigest(), {"etag": named}

    def _proves(self, found: str, headers: Mapping[str, Any]) -> bool:
        state = self.state()
        if found == state["content"]:
            return True
        if state["kind"] == "label_set" and headers.get("etag") == f'"{found}"':
            return False
        if state["kind"] != "label_set" and self._holds_part():
            return False
        raise BadContent(f"the bytes of asset {self.id} are not those that the log names")

    def _holds_part(self) -> bool:
        if self._node._credential() is None:
            return False
        own = [row for row in self._market.grants() if row["asset"] == self.id and row["lives"]]
        return any(row["rows"] > 0 for row in own)

    # Licences

    def buy(
        self,
        purpose: str,
        rows: int = 0,
        fund: Optional[int] = None,
        most_units: Optional[int] = None,
    ) -> int:
        """Buys a licence for a purpose, of the first ``rows`` or of all; its number.

        It is paid from deposit ``fund``; without one from the first with enough free money, else
        with test money where the node gives some. More than ``most_units`` is not paid: that raises
        ``price_above_limit``, and a purpose that the terms do not have ``unknown_purpose``.
        """
        wish = {"purpose": purpose, "rows": int(rows), "fund": fund}
        said = self._node.ask("POST", f"/assets/{self.id}/grants", wish, repeat=True)
        units, terms = int(said["amount_units"]), self.state()["terms"]
        if most_units is not None and units > most_units:
            detail = f"the licence costs {units} units, at most {most_units} were to be paid"
            raise Problem(402, "price_above_limit", detail)
        if fund is None and units:
            fund = free_fund(self._node, units, terms["token"])
        place = terms["purposes"].index(purpose)
        self._market.enter(Trade.buy(self.id, place, int(rows), units, fund))
        own = [row for row in self._market.grants() if row["asset"] == self.id]
        return max(int(row["grant"]) for row in own if row["purpose"] == purpose)

    def list_at(
        self,
        prices: Optional[Mapping[str, Price]] = None,
        card: Optional[File] = None,
        **asks: Any,
    ) -> None:
        """Says what is asked for a label set of one's own, once and for good: ``prices``, ``card``,
        ``license``, ``license_text``, ``rows``, ``revocable``, ``buyers``, ``version_of`` as in
        :meth:`Market.register`."""
        listing = {**known_fields(ASKS, asks), "prices": priced(prices or {})}
        if card is not None:
            listing["card"] = self._market.upload(card).sha256
        purposes = self.state()["terms"]["purposes"]
        trade = Trade.list(self.id, purposes, listing)
        self._node.ask("POST", f"/assets/{self.id}/listing", listing, repeat=True)
        self._market.enter(trade)

    def waive(
        self, account: int, floor_ppm: int, price_units: int = 0, days: float = 30
    ) -> int:
        """Offers an account a lower floor for one child, which nobody can take back; its number.

        ``price_units`` is paid when it is used, within ``days``.
        """
        expires_ms = _after_ms(days)
        wish = {
            "account": int(account), "floor_ppm": int(floor_ppm),
            "price_units": str(int(price_units)), "expires_ms": expires_ms,
        }
        self._node.ask("POST", f"/assets/{self.id}/waivers", wish, repeat=True)
        offer = (self.id, int(account), int(floor_ppm), int(price_units), expires_ms)
        self._market.enter(Trade.waive(*offer))
        return int(self._market.waivers(asset=self.id, account=int(account))[0]["waiver"])

    # Service

    def allow(self, units: int, fund: Optional[int] = None, days: float = 30) -> None:
        """Sets money aside for calls of it, for so many days; what is not used returns to the
        deposit. ``fund`` is chosen as in :meth:`buy`."""
        if fund is None:
            fund = free_fund(self._node, int(units), self.state()["terms"]["token"])
        self._market.enter(Trade.allow(self.id, int(fund), int(units), _after_ms(days)))

    def serve(
        self,
        input_units: int = 0,
        output_units: int = 0,
        row_units: Optional[int] = None,
    ) -> None:
        """Puts it into service, at the price of a call in its terms and besides that of a million
        tokens asked and answered; a data set or label set at ``row_units`` for each row. The
        gateway looks at the log now and then: this waits up to ten seconds until it lists it."""
        if row_units is not None:
            input_units, output_units = 0, int(row_units) * 1_000_000
        self._market.enter(Trade.serve(self.id, int(input_units), int(output_units)))
        self._await(lambda own: own is not None)

    def withdraw(self) -> None:
        """Takes it out of service."""
        self._market.enter(Trade.withdraw(self.id))

    def compose(self, uses: Sequence[Union[int, "Asset"]], most_units: int) -> None:
        """Declares what a call of it may use, and the most that one call spends on that. Of an
        asset in service this waits as :meth:`serve` does."""
        others = sorted({int(other) for other in uses})
        self._market.enter(Trade.compose(self.id, others, int(most_units)))
        told = {"assets": others, "most_units": str(int(most_units))} if others else None
        self._await(lambda own: own is None or own["uses"] == told)

    def _await(self, is_so: Callable[[Optional[Dict[str, Any]]], bool]) -> None:
        """Waits up to ten seconds for what the gateway says of its service."""
        end = time.monotonic() + 10
        while not is_so(self._market.services().get(self.id)) and time.monotonic() < end:
            time.sleep(0.1)


def _after_ms(days: float) -> int:
    return time.time_ns() // 1_000_000 + int(days * DAY_MS)
