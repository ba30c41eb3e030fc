"""Ratings by evalica or crowd-kit: `pairs.py FOLDER core|names|bootstrap|noisy` prints JSON.

FOLDER has left.u32, right.u32, outcome.u32 (0 left, 1 right, 2 tie) and worker.u32. `core` is evalica's Rust function on
numbers, `names` its Python interface on lists of names.
"""

import json
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")


def main(folder, what):
    folder = Path(folder)
    left, right, outcome, worker = (
        np.fromfile(folder / f"{name}.u32", "<u4").astype("int64") for name in ("left", "right", "outcome", "worker")
    )
    items = int(max(left.max(), right.max())) + 1
    if what == "noisy":
        import pandas as pd
        from crowdkit.aggregation import NoisyBradleyTerry

        table = pd.DataFrame({"worker": worker, "left": left, "right": right, "label": np.where(outcome == 0, left, right)})
        table = table[outcome != 2]
        run = lambda: NoisyBradleyTerry(n_iter=10).fit(table)
    else:
        import evalica
        from evalica import Winner

        winners = [(Winner.X, Winner.Y, Winner.Draw)[code] for code in outcome]
        names = [f"item {code}" for code in range(items)]
        lefts, rights = [names[code] for code in left], [names[code] for code in right]
        if what == "core":
            from evalica import _brzo

            codes = np.array([int(winner) for winner in winners], dtype=np.uint8)
            a, b, ones = left.astype(np.uint64), right.astype(np.uint64), np.ones(len(left))
            run = lambda: _brzo.bradley_terry(a, b, codes, ones, items, 1.0, 0.5, 1e-6, 100)
        elif what == "names":
            run = lambda: evalica.bradley_terry(lefts, rights, winners)
        else:
            run = lambda: evalica.bootstrap(
                evalica.bradley_terry, lefts, rights, winners, n_resamples=100, bootstrap_method="percentile", random_state=0
            )
    seconds = []
    while len(seconds) < 3 and (not seconds or seconds[0] < 20):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    print(json.dumps({"cpu_s": statistics.median(seconds)}))


main(*sys.argv[1:])
