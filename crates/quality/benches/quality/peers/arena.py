"""Ratings and sandwich intervals by arena-rank: `arena.py FOLDER` prints JSON; the first, compiling run does not count."""

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from arena_rank.models.bradley_terry import BradleyTerry
from arena_rank.utils.data_utils import PairDataset


def main(folder):
    left, right, outcome = (np.fromfile(Path(folder) / f"{name}.u32", "<u4") for name in ("left", "right", "outcome"))
    names = np.array([f"item {code:05d}" for code in range(int(max(left.max(), right.max())) + 1)])
    winner = np.array(["model_a", "model_b", "tie"])[outcome]
    table = pd.DataFrame({"model_a": names[left], "model_b": names[right], "winner": winner})
    seconds = []
    for _ in range(3):
        start = time.process_time()
        data = PairDataset.from_pandas(table)
        BradleyTerry(n_competitors=len(data.competitors)).compute_ratings_and_cis(data)
        seconds.append(time.process_time() - start)
    print(json.dumps({"cpu_s": statistics.median(seconds[1:]), "first_cpu_s": seconds[0]}))


main(*sys.argv[1:])
