#!/usr/bin/env python3
"""Makes dawid_skene.json: what crowd-kit 1.4.2 finds on real crowd data, for a test of equality.

    pip install crowd-kit==1.4.2 "pandas<2.3" "scikit-learn==1.5.2"
    python3 dawid_skene.py DIRECTORY-WITH-THE-SETS > dawid_skene.json

Each set is a folder with answers.csv (task,worker,label) and gold.csv (task,label). Tasks and labels are numbered in
lexical order. Posteriors are written for `temp` alone (Snow et al. 2008, BSD-3-Clause), rounded to 1e-12: the probability
of its second class. Accuracy is over the tasks that have both answers and gold; the first gold row of a task counts.
"""
import json
import sys
from pathlib import Path

import pandas as pd
from crowdkit.aggregation import DawidSkene, MajorityVote

SETS = ["duck_bluebird", "temp", "rte", "dog", "product", "adult2"]


def accuracy(found, gold):
    both = gold.index.intersection(found.index)
    return round(float((found.loc[both] == gold.loc[both]).mean()), 6)


def main(root):
    sets = {}
    for name in SETS:
        read = dict(dtype=str, keep_default_na=False)
        answers = pd.read_csv(root / name / "answers.csv", **read)[["task", "worker", "label"]]
        gold = pd.read_csv(root / name / "gold.csv", **read).drop_duplicates("task")
        gold = gold.set_index("task")["label"]
        model = DawidSkene(100)
        posterior = model.fit_predict_proba(answers.copy()).sort_index().sort_index(axis=1)
        sets[name] = dict(
            iterations=len(model.loss_history_),
            accuracy=accuracy(posterior.idxmax(axis=1), gold),
            accuracy_majority=accuracy(MajorityVote().fit_predict(answers), gold),
        )
        if name == "temp":
            sets[name]["second_class"] = [round(float(q), 12) for q in posterior.iloc[:, 1]]
    json.dump(dict(crowdkit="1.4.2", sets=sets), sys.stdout)
    print()


main(Path(sys.argv[1]))
