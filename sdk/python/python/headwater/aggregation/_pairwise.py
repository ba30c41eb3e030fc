"""Ratings of things that were compared in pairs."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._engine import Comparisons, coded, column, reals, series

#: The 97.5 % quantile of the normal distribution: intervals of 95 %.
WIDTH = 1.959963984540054


def _comparisons(data: Any) -> Any:
    """Columns left, right, label (the one preferred; missing or neither is a tie), worker."""
    left, right, label = (column(data, name) for name in ("left", "right", "label"))
    both = np.empty(len(left) + len(right), dtype=object)
    both[: len(left)] = list(left)
    both[len(left) :] = list(right)
    items = coded(both, "item")
    try:
        voters = coded(column(data, "worker"), "worker")
    except KeyError:
        voters = coded(np.zeros(len(left), dtype=np.int64), "worker")
    wins = [0 if one == winner else 1 if two == winner else 2
            for one, two, winner in zip(left.tolist(), right.tolist(), label.tolist())]
    outcome = np.asarray(wins, dtype="<u4")
    counts = (len(items.names), len(voters.names))
    table = Comparisons(
        counts,
        items.codes[: len(left)].tobytes(),
        items.codes[len(left) :].tobytes(),
        outcome.tobytes(),
        voters.codes.tobytes(),
    )
    return table, items.names, voters.names


class BradleyTerry:
    """Strengths that sum to 1, by maximum likelihood to the end (crowd-kit stops after two rounds).

    After ``fit``: ``scores_``, and ``ratings_`` (logarithms, mean 0) with ``intervals_`` of 95 %.
    ``ridge`` is a normal prior of variance 1/ridge: without it, data in which something never loses
    has no answer, and says so.
    """

    def __init__(self, n_iter: int = 100, tol: float = 1e-5, ridge: float = 0.0) -> None:
        self.n_iter = n_iter
        self.tol = tol
        self.ridge = ridge

    def fit(self, data: Any) -> "BradleyTerry":
        import pandas

        table, items, _ = _comparisons(data)
        found = table.bradley_terry(False, self.ridge, WIDTH)
        self.scores_ = series(reals(found, "strengths"), items, "agg_score", "label")
        self.ratings_ = series(reals(found, "ratings"), items, "rating", "label")
        bounds = reals(found, "intervals").reshape(len(items), 2)
        self.intervals_ = pandas.DataFrame(bounds, index=self.ratings_.index, columns=["low", "high"])
        return self

    def fit_predict(self, data: Any) -> Any:
        """Fits, and gives the strength of each item."""
        return self.fit(data).scores_


class NoisyBradleyTerry:
    """Ratings that trust workers as far as they go with the others. After ``fit``: ``scores_``,
    ``skills_`` and ``biases_`` by worker."""

    def __init__(
        self,
        n_iter: int = 100,
        tol: float = 1e-5,
        regularization_ratio: float = 1e-5,
        random_state: int = 0,
        ridge: float = 0.01,
    ) -> None:
        if regularization_ratio != 1e-5:
            raise ValueError("NoisyBradleyTerry takes `ridge` in place of `regularization_ratio`")
        self.n_iter = n_iter
        self.tol = tol
        self.random_state = random_state
        self.ridge = ridge

    def fit(self, data: Any) -> "NoisyBradleyTerry":
        table, items, workers = _comparisons(data)
        found = table.noisy(self.ridge)
        self.scores_ = series(reals(found, "strengths"), items, "agg_score", "label")
        self.skills_ = series(reals(found, "skills"), workers, "skill", "worker")
        self.biases_ = series(reals(found, "biases"), workers, "bias", "worker")
        return self

    def fit_predict(self, data: Any) -> Any:
        """Fits, and gives the strength of each item."""
        return self.fit(data).scores_
