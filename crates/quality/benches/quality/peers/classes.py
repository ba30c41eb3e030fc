"""One truth inference by crowd-kit on one set: `classes.py FOLDER CLASS [POSTERIORS [key=value ..]]` prints JSON.

FOLDER has answers.csv (task,worker,label) or task.u32, worker.u32 and label.u32. The posteriors go to a file of
64-bit floats, units and classes in lexical order. A run longer than 20 s is not repeated.
"""

import json
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from crowdkit import aggregation

warnings.filterwarnings("ignore")


def read(folder):
    columns = ["task", "worker", "label"]
    if (folder / "answers.csv").exists():
        return pd.read_csv(folder / "answers.csv", dtype=str, keep_default_na=False)[columns]
    return pd.DataFrame({name: np.fromfile(folder / f"{name}.u32", "<u4").astype("int64") for name in columns})


def main(folder, name, out=None, *settings):
    answers = read(Path(folder))
    settings = {key: int(value) for key, value in (word.split("=") for word in settings)}
    if name in ("DawidSkene", "OneCoinDawidSkene"):
        settings.setdefault("n_iter", 100)
    seconds, walls = [], []
    while len(seconds) < 3 and (not seconds or seconds[0] < 20):
        model = getattr(aggregation, name)(**settings)
        copy = answers.copy()
        start, wall = time.process_time(), time.perf_counter()
        found = model.fit_predict(copy)
        seconds.append(time.process_time() - start)
        walls.append(time.perf_counter() - wall)
    losses = getattr(model, "loss_history_", [])
    said = {"cpu_s": statistics.median(seconds), "wall_s": statistics.median(walls), "iterations": len(losses)}
    if losses:
        said["loss"] = float(losses[-1])
    if (Path(folder) / "gold.csv").exists():
        gold = pd.read_csv(Path(folder) / "gold.csv", dtype=str, keep_default_na=False)
        gold = gold.drop_duplicates("task").set_index("task")["label"]
        both = gold.index.intersection(found.index)
        said["accuracy"] = float((found.loc[both] == gold.loc[both]).mean())
    if out and getattr(model, "probas_", None) is not None:
        posteriors = model.probas_.sort_index().sort_index(axis=1)
        posteriors.to_numpy().astype("<f8").tofile(out)
    print(json.dumps(said))


main(*sys.argv[1:])
