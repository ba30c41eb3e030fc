"""Krippendorff's alpha, Fleiss' kappa and agreement in per cent, with intervals over tasks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._engine import Answers


class Agreement(NamedTuple):
    """A value and its interval of 95 %."""

    value: float
    low: float
    high: float


def agreement(
    data: Any, measure: str = "nominal", resamples: int = 1000, seed: int = 0, threads: int = 1
) -> Agreement:
    """Agreement of workers beyond chance.

    ``measure``: ``nominal``, ``ordinal``, ``interval`` or ``ratio`` (Krippendorff's alpha on such a
    scale), ``fleiss``, ``percentage``. The interval resamples tasks.
    """
    answers = Answers(data)
    values = b""
    if measure in ("interval", "ratio"):
        values = np.asarray(answers.labels.names, dtype="<f8").tobytes()
    return Agreement(*answers.table.agreement(measure, values, (resamples, seed, threads)))
