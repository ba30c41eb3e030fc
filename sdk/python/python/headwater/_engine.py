"""Between data frames and the engine: columns to numbers, numbers to series and frames."""

from __future__ import annotations

from typing import Any, List, Sequence

import numpy as np

from ._headwater import ALGORITHM, Comparisons, Table

__all__ = ["ALGORITHM", "Answers", "Comparisons", "Coded", "column", "coded", "frame", "series"]

#: A class that is not known.
UNKNOWN = 0xFFFF_FFFF


def column(data: Any, name: str) -> np.ndarray:
    """The values of one column of a pandas, polars or pyarrow table, or of a dict of lists."""
    try:
        values = data[name]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise KeyError(f"the table has no column `{name}`") from error
    except Exception as error:  # polars has an exception of its own
        raise KeyError(f"the table has no column `{name}`") from error
    if hasattr(values, "to_numpy"):
        try:
            return np.asarray(values.to_numpy())
        except Exception:  # pyarrow's chunked strings in old versions
            return np.asarray(values.to_pylist(), dtype=object)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


class Coded:
    """A column as numbers: ``names`` sorted, ``codes`` the place of each row's name in them."""

    def __init__(self, names: Sequence[Any], codes: np.ndarray) -> None:
        self.names = names
        self.codes = np.ascontiguousarray(codes, dtype="<u4")

    def places(self) -> dict:
        """Each name's place."""
        return {name: place for place, name in enumerate(self.names)}


def coded(values: np.ndarray, what: str) -> Coded:
    """Numbers the values in their own order; refuses what is missing."""
    values = np.asarray(values)
    missing = values != values if values.dtype != object else [v is None or v != v for v in values]
    if np.any(missing):
        row = int(np.flatnonzero(missing)[0])
        raise ValueError(f"the {what} in row {row} is missing: fill it in, or drop the row")
    try:
        import pandas

        codes, names = pandas.factorize(values, sort=True)
    except (ImportError, TypeError):
        names, codes = _sorted_codes(values)
    return Coded(names, codes)


def _sorted_codes(values: np.ndarray) -> Any:
    try:
        return np.unique(values, return_inverse=True)
    except TypeError:  # names of several types have no order: take that of their texts
        places: dict = {}
        for value in values:
            places.setdefault(value, None)
        names = sorted(places, key=lambda name: (str(name), str(type(name))))
        places = {name: place for place, name in enumerate(names)}
        array = np.empty(len(names), dtype=object)
        array[:] = names
        return array, np.array([places[value] for value in values], dtype=np.int64)


class Answers:
    """Answers of workers to tasks, by number, with the names behind the numbers."""

    def __init__(self, data: Any, labels: Sequence[Any] = ()) -> None:
        self.data = data
        label = column(data, "label")
        if len(label) == 0:
            raise ValueError("the table has no rows: give at least one answer")
        extra = list(labels)
        if extra:
            joined = np.empty(len(label) + len(extra), dtype=object)
            joined[: len(label)] = label
            joined[len(label) :] = extra
            every = coded(joined, "label")
            self.labels = Coded(every.names, every.codes[: len(label)])
        else:
            self.labels = coded(label, "label")
        self.tasks = coded(column(data, "task"), "task")
        self.workers = coded(column(data, "worker"), "worker")
        counts = (len(self.tasks.names), len(self.workers.names), len(self.labels.names))
        arrays = (self.tasks, self.workers, self.labels)
        self.table = Table(counts, *(array.codes.tobytes() for array in arrays))

    def known(self, true_labels: Any) -> bytes:
        """Known labels, a mapping or series from task to label, as the engine takes them."""
        known = np.full(len(self.tasks.names), UNKNOWN, dtype="<u4")
        if true_labels is not None:
            tasks, labels = self.tasks.places(), self.labels.places()
            for task, label in dict(true_labels).items():
                if task in tasks:
                    known[tasks[task]] = labels[label]
        return known.tobytes()

    def probas(self, found: dict) -> np.ndarray:
        """Posteriors, a row per task and a column per label."""
        rows = np.frombuffer(found["posterior"], dtype="<f8")
        return rows.reshape(len(self.tasks.names), len(self.labels.names)).copy()

    def chosen(self, found: dict) -> np.ndarray:
        """The label of each task."""
        labels = np.frombuffer(found["labels"], dtype="<u4")
        return np.asarray(self.labels.names)[labels]


def reals(found: dict, name: str) -> np.ndarray:
    """An array of doubles out of a result."""
    return np.frombuffer(found[name], dtype="<f8").copy()


def series(values: Any, index: Any, name: str, index_name: str) -> Any:
    """A pandas series; crowd-kit's classes give these."""
    import pandas

    return pandas.Series(values, index=pandas.Index(index, name=index_name), name=name)


def frame(columns: dict, like: Any) -> Any:
    """A table of the kind of `like`: polars, pyarrow, else pandas, else a dict of arrays."""
    module = type(like).__module__.split(".")[0]
    if module == "polars":
        import polars

        return polars.DataFrame({name: _plain(values) for name, values in columns.items()})
    if module == "pyarrow":
        import pyarrow

        return pyarrow.table({name: _plain(values) for name, values in columns.items()})
    try:
        import pandas
    except ImportError:
        return {name: np.asarray(values) for name, values in columns.items()}
    return pandas.DataFrame(columns)


def _plain(values: Any) -> List[Any]:
    return np.asarray(values).tolist()
