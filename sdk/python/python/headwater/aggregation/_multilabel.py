"""Several labels per task: each label is a question of its own."""

from __future__ import annotations

import copy
from typing import Any, Dict, List

import numpy as np
import pandas as pd

from .._engine import series
from ._classification import MajorityVote, _Classifier


class BinaryRelevance:
    """Asks ``base_aggregator`` for each label whether a task has it.

    ``label`` holds lists. After ``fit``: ``labels_``, a series of lists by task, and
    ``aggregators_``, the fitted method by label.
    """

    labels_: Any

    def __init__(self, base_aggregator: Any = None) -> None:
        if base_aggregator is None:
            base_aggregator = MajorityVote()
        if not isinstance(base_aggregator, _Classifier):
            raise TypeError("the base_aggregator is not a method that gives one label per task")
        self.base_aggregator = base_aggregator
        self.aggregators_: Dict[Any, Any] = {}

    def fit(self, data: Any) -> "BinaryRelevance":
        frame = pd.DataFrame({name: list(data[name]) for name in ("task", "worker", "label")})
        if not all(isinstance(value, (list, tuple, np.ndarray)) for value in frame["label"]):
            raise TypeError("each label must be a list of labels")
        found: Dict[Any, List[Any]] = {task: [] for task in frame["task"]}
        self.aggregators_ = {}
        for label in sorted({label for labels in frame["label"] for label in labels}, key=str):
            asked = frame.assign(label=[int(label in labels) for labels in frame["label"]])
            method = copy.deepcopy(self.base_aggregator).fit(asked)
            self.aggregators_[label] = method
            for task, has in method.labels_.items():
                if has == 1:
                    found[task].append(label)
        self.labels_ = series(list(found.values()), list(found), "agg_label", "task")
        return self

    def fit_predict(self, data: Any) -> Any:
        """Fits, and gives the labels of each task."""
        return self.fit(data).labels_
