"""Opens the files of `cargo run --example sample` with the programs they are meant for.

Needs `datasets`, `mlcroissant` and `label-studio-sdk`. What TRL takes is checked by its columns
and their types as `datasets` sees them: TRL itself brings a whole framework along.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

import datasets
import mlcroissant
from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface

OURS = ["hw_unit", "hw_probability", "hw_answers", "hw_licence", "hw_asset"]
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def loaded(path, kind="json"):
    return datasets.load_dataset(kind, data_files=str(path), split="train")


def types(table):
    return {name: getattr(it, "dtype", type(it).__name__) for name, it in table.features.items()}


@check
def hub_folders(root):
    """The card names the split and its features, and `datasets` verifies the number of rows."""
    expected = {
        "text": "string",
        "label": "string",
        "urgent": "bool",
        "length": "int64",
        "hw_unit": "string",
        "hw_probability": "float64",
        'odd: "name" #1': "string",
    }
    for folder, rows in [("hub", 7), ("hub-large", 500_003)]:
        table = datasets.load_dataset(str(root / folder), split="train")
        assert table.num_rows == rows, table.num_rows
        assert types(table) == expected, types(table)
        assert table[5]["length"] is None and table[6]["length"] == 6
        assert table[3]["text"] == 'message 3, "é"', table[3]
        assert table[0]['odd: "name" #1'] == "- x: y"


@check
def wrong_counts(root):
    """A card that states another number of rows is refused, so the check above checks something."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(root / "hub", copy, dirs_exist_ok=True)
        card = Path(copy) / "README.md"
        text = card.read_text()
        assert "num_examples: 7\n" in text
        card.write_text(text.replace("num_examples: 7\n", "num_examples: 8\n"))
        try:
            datasets.load_dataset(copy, split="train")
        except datasets.exceptions.NonMatchingSplitsSizesError:
            return
        raise AssertionError("a wrong number of rows went unnoticed")


@check
def cards(root):
    """The front matter is what the hub's own parser reads, with every key that it asks for."""
    from huggingface_hub import DatasetCard

    card = DatasetCard.load(root / "hub" / "README.md").data.to_dict()
    assert card["license"] == "cc-by-4.0"
    assert card["pretty_name"] == 'Support intents: an "example"'
    assert card["language"] == ["en"] and card["size_categories"] == ["n<1K"]
    assert card["annotations_creators"] == ["crowdsourced"]
    assert card["task_categories"] == ["text-classification"]
    assert card["dataset_info"]["splits"][0]["num_examples"] == 7


@check
def croissants(root):
    """`mlcroissant` validates the metadata without a complaint and reads the records through it."""
    for folder, rows in [("hub", 7), ("hub-large", 500_003)]:
        dataset = mlcroissant.Dataset(jsonld=str(root / folder / "croissant.json"))
        issues = dataset.metadata.ctx.issues
        assert not issues.errors, issues.report()
        assert not issues.warnings, issues.report()
        assert "1.1" in str(dataset.metadata.ctx.conforms_to.value)
        assert dataset.metadata.annotations_per_item, "RAI fields are read"
        record = next(iter(dataset.records(record_set="rows")))
        assert record["rows/text"] == 'message 0, "é"'.encode(), record
        assert bool(record["rows/urgent"])
        assert record["rows/odd%3A%20%22name%22%20%231"] == b"- x: y", record


@check
def origins(root):
    """The page of origin names every other file with its hash."""
    page = json.loads((root / "hub" / "headwater.json").read_text())
    found = {str(it.relative_to(root / "hub")) for it in (root / "hub").rglob("*") if it.is_file()}
    assert {it["path"] for it in page["files"]} == found - {"headwater.json"}
    for file in page["files"]:
        content = (root / "hub" / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]


@check
def preference_and_tuning(root):
    """Columns and types as TRL's page of data set formats has them, and no tie among the pairs."""
    table = loaded(root / "preference.jsonl")
    assert table.column_names == ["prompt", "chosen", "rejected", *OURS]
    assert table.num_rows == 4
    assert all(row["chosen"] != row["rejected"] for row in table)
    assert table[0]["chosen"].startswith("a 0") and table[1]["chosen"].startswith("b 1")
    assert loaded(root / "ties.jsonl").column_names == ["prompt", "a", "b", *OURS]
    table = loaded(root / "kto.jsonl")
    assert table.column_names == ["prompt", "completion", "label", *OURS]
    assert types(table)["label"] == "bool" and table.num_rows == 8
    assert sum(table["label"]) == 4
    table = loaded(root / "messages.jsonl")
    assert [it["role"] for it in table[0]["messages"]] == ["user", "assistant"]
    assert [it["content"][:3] for it in table[1]["messages"]] == ["pro", "b 1"]
    table = loaded(root / "prompt.jsonl")
    assert table.column_names == ["prompt", "completion", *OURS]


@check
def flat_tables(root):
    """One table in three formats is one table."""
    lines, csv, parquet = (
        loaded(root / name, kind)
        for name, kind in [("units.jsonl", "json"), ("units.csv", "csv"), ("units.parquet", "parquet")]
    )
    assert lines.column_names == csv.column_names == parquet.column_names
    for one, two, three in zip(lines, csv, parquet):
        one = {**one, "hw_reasons": json.dumps(one["hw_reasons"], separators=(",", ":"))}
        two = {**two, "hw_asset": str(two["hw_asset"])}
        assert one == two == three, (one, two, three)
    answers = loaded(root / "answers.json")
    assert answers.num_rows == 12
    assert {"annotator", "annotation_id", "lead_time", "label"} <= set(answers.column_names)


@check
def label_studio(root):
    """Its own parser takes the forms, its validator the tasks, its converter the export."""
    for kind in ["choice", "choices", "rating", "pair", "text"]:
        config = (root / "studio" / f"{kind}.xml").read_text()
        interface = LabelInterface(config)
        interface.validate()
        tasks = json.loads((root / "studio" / f"{kind}.json").read_text())
        assert len(tasks) == 6
        for task in tasks:
            for part in task["annotations"]:
                assert interface.validate_annotation(part), (kind, part)
            for part in task["predictions"]:
                errors = interface.validate_prediction(part, return_errors=True)
                assert not errors, (kind, errors)
        with tempfile.TemporaryDirectory() as out:
            converter = Converter(config, str(root), download_resources=False)
            source = str(root / "studio" / f"{kind}.json")
            converter.convert_to_json_min(source, out, is_dir=False)
            rows = json.loads((Path(out) / "result.json").read_text())
            assert len(rows) == 12, len(rows)
            if kind != "pair":
                assert all(row["label"] for row in rows), rows[0]
            assert all(row["prompt"].startswith("prompt") for row in rows)


def main():
    root = Path(sys.argv[1]).resolve()
    for function in CHECKS:
        function(root)
    print(f"{len(CHECKS)} checks passed with datasets {datasets.__version__}")


main()
