"""Tables of every kind in, the same kind out; what is wrong is named."""

import numpy as np
import pandas as pd
import pytest

import headwater
from headwater.aggregation import Inference, MajorityVote
from headwater.metrics import agreement

ROWS = [
    ("t1", "ann", "cat"), ("t1", "bob", "cat"), ("t1", "cy", "dog"),
    ("t2", "ann", "dog"), ("t2", "bob", "dog"), ("t2", "cy", "dog"),
    ("t3", "ann", "cat"), ("t3", "bob", "dog"), ("t3", "cy", "cat"),
]
COLUMNS = ["task", "worker", "label"]


def pandas_table():
    return pd.DataFrame(ROWS, columns=COLUMNS)


def test_pandas_polars_pyarrow_and_lists_say_the_same():
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    lists = {name: [row[place] for row in ROWS] for place, name in enumerate(COLUMNS)}
    tables = [pandas_table(), polars.DataFrame(lists), pyarrow.table(lists), lists]
    found = [headwater.infer(table) for table in tables]
    for table, inferred in zip(tables[:3], found):
        assert type(inferred.labels) is type(table)
        assert type(inferred.workers) is type(table)
    first = [list(np.asarray(found[0].labels[name])) for name in ("task", "label", "probability")]
    for inferred in found[1:]:
        for name, expected in zip(("task", "label", "probability"), first):
            column = inferred.labels[name]
            values = column.to_pylist() if hasattr(column, "to_pylist") else list(column)
            assert values == expected
    assert first[1] == ["cat", "dog", "cat"]


def test_threads_change_no_bit():
    random = np.random.default_rng(7)
    rows = 40_000
    table = pd.DataFrame({
        "task": random.integers(0, 9_000, rows),
        "worker": random.integers(0, 60, rows),
        "label": random.integers(0, 3, rows),
    })
    one = Inference(threads=1).fit_predict_proba(table)
    two = Inference(threads=2).fit_predict_proba(table)
    assert one.to_numpy().tobytes() == two.to_numpy().tobytes()


def test_known_labels_are_kept_and_may_be_new():
    found = headwater.infer(pandas_table(), {"t1": "bird", "elsewhere": "cat"})
    labels = found.labels.set_index("task")
    assert labels.loc["t1", "label"] == "bird"
    assert labels.loc["t1", "probability"] == 1.0


def test_labels_keep_their_type():
    table = pandas_table().assign(label=[0, 0, 1, 1, 1, 1, 0, 1, 0])
    labels = MajorityVote().fit_predict(table)
    assert labels.tolist() == [0, 1, 0]
    assert labels.dtype.kind == "i"


def test_what_is_wrong_is_named():
    table = pandas_table()
    with pytest.raises(KeyError, match="no column `worker`"):
        headwater.infer(table[["task", "label"]])
    with pytest.raises(ValueError, match="no rows"):
        headwater.infer(table.iloc[:0])
    with pytest.raises(ValueError, match="label in row 2 is missing"):
        headwater.infer(table.assign(label=["a", "b", None, "a", "a", "a", "a", "a", "a"]))
    with pytest.raises(ValueError, match="has no skill"):
        MajorityVote().fit(table, {"ann": 1.0})
    with pytest.raises(ValueError, match="no measure"):
        agreement(table, "kappas")


def test_agreement_has_an_interval_that_holds_its_value():
    found = agreement(pandas_table())
    assert found.low <= found.value <= found.high
    numbers = pandas_table().assign(label=[1, 1, 2, 5, 5, 5, 1, 2, 1])
    assert agreement(numbers, "interval").value > found.value
