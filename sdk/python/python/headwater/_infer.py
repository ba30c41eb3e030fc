"""The default inference: one label per task with a probability that can be believed."""

from __future__ import annotations

from typing import Any, Optional

from ._engine import ALGORITHM, Answers, frame, reals


class Inferred:
    """What the answers say about tasks and workers; tables are of the kind that was given.

    ``labels``: columns task, label, probability. ``workers``: columns worker, answers, skill
    (probability of a right answer), information (nats that an answer tells about the truth: 0 for
    whoever does not look). ``probabilities``: columns task and one per label, in order of labels.
    """

    def __init__(self, labels: Any, workers: Any, probabilities: Any) -> None:
        self.labels = labels
        self.workers = workers
        self.probabilities = probabilities
        self.algorithm = ALGORITHM

    def __repr__(self) -> str:
        return f"Inferred({len(self.labels)} labels, {len(self.workers)} workers, {self.algorithm})"


def infer(data: Any, true_labels: Optional[Any] = None, threads: int = 1) -> Inferred:
    """Infers the label of each task.

    ``data`` is a pandas, polars or pyarrow table, or a dict of lists, with the columns task, worker
    and label. ``true_labels`` maps tasks to labels that are known: they are kept, and show how good
    their workers are. The result is the same for any number of threads.

    >>> rows = [("t1", "ann", "cat"), ("t1", "bob", "cat"), ("t1", "cy", "dog"), ("t2", "ann", "dog")]
    >>> data = dict(zip(("task", "worker", "label"), map(list, zip(*rows))))
    >>> infer(data).labels["label"].tolist()
    ['cat', 'dog']
    """
    import numpy as np

    extra = () if true_labels is None else list(dict(true_labels).values())
    answers = Answers(data, extra)
    found = answers.table.infer(answers.known(true_labels), threads)
    probas = answers.probas(found)
    counts = np.bincount(answers.workers.codes, minlength=len(answers.workers.names))
    labels = {
        "task": answers.tasks.names,
        "label": answers.chosen(found),
        "probability": probas.max(axis=1),
    }
    workers = {
        "worker": answers.workers.names,
        "answers": counts,
        "skill": reals(found, "skills"),
        "information": reals(found, "information"),
    }
    wide = {"task": answers.tasks.names}
    wide.update({str(name): probas[:, place] for place, name in enumerate(answers.labels.names)})
    return Inferred(frame(labels, data), frame(workers, data), frame(wide, data))
