#!/usr/bin/env python3
"""Makes peers.json: what crowd-kit 1.4.2 finds on small made-up tables, for tests of equality.

    pip install crowd-kit==1.4.2 "pandas<2.3" "scikit-learn==1.5.2"
    python3 peers.py > peers.json

Workers and labels first appear in ascending order, because crowd-kit's MACE mixes up strategies where they do not
(docs/guide/peers.md). A few answers are given twice, with the same label or another one. Numbers are rounded to 1e-12.
"""
import json
import sys
import warnings

import pandas as pd
from crowdkit.aggregation import GLAD, KOS, MACE, DawidSkene, MajorityVote, OneCoinDawidSkene, Wawa, ZeroBasedSkill

warnings.filterwarnings("ignore")


def table(classes, units, workers, overlap, seed):
    """Rows from a linear congruential generator: workers are right with .5 to .95, some always say 0."""
    state = seed

    def below(bound):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % bound

    skills = [0 if worker % 7 == 3 else 50 + below(46) for worker in range(workers)]
    rows = []
    for worker in range(max(workers, classes)):
        rows.append([0, worker % workers, worker % classes])
    for unit in range(units):
        truth = below(classes)
        chosen = sorted(range(workers), key=lambda _: below(1 << 30))[:overlap]
        for worker in chosen:
            right = below(100) < skills[worker]
            label = truth if right else below(classes)
            rows.append([unit, worker, 0 if skills[worker] == 0 else label])
            if below(40) == 0:
                rows.append([unit, worker, below(classes)])
    return rows


def listed(found):
    return [round(float(number), 12) for number in found.to_numpy().ravel()]


def posteriors(model):
    return listed(model.probas_.sort_index().sort_index(axis=1))


def mace(answers):
    model = MACE(n_restarts=1)
    start = MACE()
    start._initialize(answers.worker.nunique(), answers.label.nunique())
    model.fit(answers.copy())
    return dict(
        start_knows=start.spamming_.tolist(),
        start_strategies=start.thetas_.ravel().tolist(),
        knows=model.spamming_.round(12).tolist(),
        posteriors=posteriors(model),
    )


def found(name, rows):
    answers = pd.DataFrame(rows, columns=["task", "worker", "label"])
    classes = int(answers.label.max()) + 1
    weights = pd.Series([0.25 + worker % 5 for worker in range(answers.worker.nunique())], name="skill")
    weights.index.name = "worker"
    said = dict(name=name, classes=classes, rows=rows, weights=weights.tolist())
    for key, model in [("majority", MajorityVote()), ("wawa", Wawa()), ("zero_based_skill", ZeroBasedSkill())]:
        model.fit_predict(answers.copy())
        said[key] = dict(skills=listed(model.skills_.sort_index()), posteriors=posteriors(model))
    model = MajorityVote().fit(answers.copy(), weights)
    said["weighted"] = dict(skills=listed(model.skills_.sort_index()), posteriors=posteriors(model))
    for key, model in [("dawid_skene", DawidSkene(100)), ("one_coin", OneCoinDawidSkene(100))]:
        model.fit(answers.copy())
        said[key] = dict(iterations=len(model.loss_history_), posteriors=posteriors(model))
        if key == "one_coin":
            said[key]["skills"] = listed(model.skills_.sort_index())
    said["mace"] = mace(answers)
    model = GLAD().fit(answers.copy())
    labels = model.probas_.sort_index().sort_index(axis=1).idxmax(axis=1)
    cells = len(answers) * classes
    said["glad"] = dict(labels=[int(label) for label in labels], objective=model.loss_history_[-1] * cells)
    if classes == 2:
        said["kos"] = dict(labels=[int(label) for label in KOS().fit_predict(answers.copy()).sort_index()])
    return said


tables = [
    found("two classes", table(2, 120, 14, 5, 1)),
    found("three classes", table(3, 90, 12, 4, 2)),
    found("five classes", table(5, 60, 16, 6, 3)),
]
json.dump(dict(crowdkit="1.4.2", tables=tables), sys.stdout)
print()
