"""Models that are trained here: the bytes of `headwater train`, served and right."""

import os
import subprocess

import pytest

import headwater

ROWS = {
    "text": ["my parcel is late", "where is the parcel", "I was charged twice", "wrong invoice"] * 5,
    "label": ["delivery", "delivery", "billing", None] * 5,
}


def test_the_command_line_writes_the_same_bytes(tmp_path):
    program = os.environ.get("HEADWATER_PROGRAM")
    if program is None:
        pytest.skip("HEADWATER_PROGRAM names no `headwater`")
    table, said = tmp_path / "labels.csv", {}
    cells = zip(ROWS["text"], ROWS["label"])
    table.write_text("text,label\n" + "".join(f"{text},{own or ''}\n" for text, own in cells))
    for kind in ("classifier", "ngram", "embedding"):
        model = tmp_path / f"{kind}.model"
        command = [program, "train", str(table), "--kind", kind, "-o", str(model)]
        said[kind] = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        own = headwater.train(ROWS, kind)
        assert own.data == model.read_bytes() and own.sha256 in said[kind]
        # The same table as a file.
        assert headwater.train(table.read_bytes(), kind).data == own.data
    own = headwater.train(ROWS)
    assert (own.examples, own.held, own.classes) == (15, 3, ["billing", "delivery"])
    assert f"right    {own.right} of 3 that" in said["classifier"]


def test_json_lines_and_data_frames_teach_the_same():
    import pandas

    lines = b'{"words":"late","is":"a"}\n{"words":"charged","is":"b"}\n{"words":"odd"}\n'
    columns = {"text": "words", "label": "is"}
    table = pandas.DataFrame({"words": ["late", "charged", "odd"], "is": ["a", "b", None]})
    assert headwater.train(lines, **columns).data == headwater.train(table, **columns).data


def test_what_cannot_be_trained_is_said():
    with pytest.raises(KeyError, match="no column `class`"):
        headwater.train(ROWS, label="class")
    with pytest.raises(KeyError, match="no column `text`"):
        headwater.train(b"a,b\n1,2\n")
    with pytest.raises(ValueError, match="there are 0 classes"):
        headwater.train({"text": ["a"], "label": [None]})
    many = [str(number) for number in range(257)]
    with pytest.raises(ValueError, match="use 2 to 256 classes"):
        headwater.train({"text": many, "label": many})
    with pytest.raises(ValueError, match="1 to 20 bits"):
        headwater.train(ROWS, bits=21)
    for kind, why in (("ngram", "needs examples"), ("other", "none of classifier")):
        with pytest.raises(ValueError, match=why):
            headwater.train(kind=kind)


def test_a_model_of_bought_labels_is_served_as_their_child(url, tmp_path):
    seller = headwater.Market(headwater.Node(url, key=headwater.new_wallet()))
    lines = [f"{text},{label or ''}" for text, label in zip(ROWS["text"], ROWS["label"])]
    labels = seller.register(
        "labels to train on", "\n".join(["text,label", *lines]).encode(), ["train", "query"],
        prices={"train": 1_000}, floor_ppm=200_000,
    )
    own = headwater.Market(headwater.Node(url, key=headwater.new_wallet()))
    bought = own.asset(labels)
    bought.buy("train", most_units=1_000)
    trained = headwater.train(bought.download("train").data)
    path = tmp_path / "tickets.model"
    trained.save(path)
    model = own.register(
        "tickets of labels", path, ["query"], kind="model", parents=[bought], price_units=100
    )
    assert model.state()["content"] == trained.sha256
    model.serve()
    model.allow(1_000)
    models = headwater.Models(url, own.model_key())
    assert models.classify(model, "the parcel").labels == ["delivery"]
