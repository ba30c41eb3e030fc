"""What a node says no with: every error has a stable code and words for people."""

from __future__ import annotations

from typing import Any, Optional

__all__ = ["Problem", "Rejected", "Unreachable"]


class Problem(Exception):
    """An answer that is no success, as RFC 9457 writes it.

    ``status``: the code of HTTP, int. ``code``: stable, in snake_case, such as ``bad_plan``.
    ``detail``: one sentence, what is wrong and where. ``retry_after_s``: seconds after which the
    same request may succeed, or None.
    """

    def __init__(
        self, status: int, code: str, detail: str, retry_after_s: Optional[float] = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s


class Rejected(Problem):
    """A rule of the log said no, or its desk. ``refusal`` is the log's signed word, to keep, or
    None where no rule was asked."""

    def __init__(self, code: str, detail: str, refusal: Optional[str] = None) -> None:
        super().__init__(200, code, detail)
        self.refusal = refusal


class Unreachable(Exception):
    """No answer came, however often it was asked for. ``reason`` is the last error."""

    def __init__(self, url: str, reason: Any) -> None:
        super().__init__(f"{url} does not answer: {reason}")
        self.url = url
        self.reason = reason
