"""Digits with a tenth of the labels flipped: `value.py data FOLDER` writes them, `value.py shapley FOLDER` values them by pyDVL."""

import json
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

warnings.filterwarnings("ignore")


def split():
    features, labels = load_digits(return_X_y=True)
    random = np.random.default_rng(0)
    order = random.permutation(len(features))
    features, labels = features[order] / 16.0, labels[order]
    flipped = random.choice(1500, 150, replace=False)
    noisy = labels[:1500].copy()
    noisy[flipped] = (noisy[flipped] + random.integers(1, 10, 150)) % 10
    bad = np.zeros(1500, bool)
    bad[flipped] = True
    return features[:1500], noisy, features[1500:1797], labels[1500:1797], bad


def main(what, folder):
    train, train_labels, test, test_labels, bad = split()
    if what == "data":
        parts = {"train": train, "train_labels": train_labels, "test": test, "test_labels": test_labels, "flipped": bad}
        for name, values in parts.items():
            np.savetxt(Path(folder) / f"{name}.txt", np.asarray(values, float).ravel(), "%.17g")
        print(json.dumps({}))
        return
    from pydvl.valuation.dataset import Dataset
    from pydvl.valuation.methods import KNNShapleyValuation
    from sklearn.neighbors import KNeighborsClassifier

    seconds = []
    while len(seconds) < 3:
        start = time.process_time()
        method = KNNShapleyValuation(KNeighborsClassifier(n_neighbors=5), Dataset(test, test_labels), progress=False)
        method.fit(Dataset(train, train_labels))
        seconds.append(time.process_time() - start)
    result = method.result if hasattr(method, "result") else method.values()
    values = np.zeros(1500)
    values[np.asarray(result.indices, int)] = np.asarray(result.values, float)
    print(json.dumps({"cpu_s": statistics.median(seconds), "auroc": float(roc_auc_score(bad, -values))}))


main(*sys.argv[1:])
