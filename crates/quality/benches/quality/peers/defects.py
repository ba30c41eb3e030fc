"""Proofs of what is wrong in crowd-kit 1.4.2, one JSON object: `defects.py [DUCK]`, the folder of a real set.

Each entry is [what was done, what came out]. `docs/guide/peers.md` explains them.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from crowdkit.aggregation import KOS, MACE, BradleyTerry, DawidSkene, MajorityVote

warnings.filterwarnings("ignore")
COLUMNS = ["task", "worker", "label"]


def crowd(units=200, workers=20, overlap=5, classes=3, seed=1):
    """Workers who are right with .5 to .9, and some who always say the same."""
    rng = np.random.default_rng(seed)
    skills, truth = rng.uniform(0.5, 0.9, workers), rng.integers(0, classes, units)
    rows = []
    for unit in range(units):
        for worker in rng.choice(workers, overlap, replace=False):
            right = rng.random() < skills[worker]
            label = truth[unit] if right else rng.integers(0, classes)
            rows.append([unit, worker, worker % classes if worker < 6 else label])
    return pd.DataFrame(rows, columns=COLUMNS)


def tidy(probabilities):
    return probabilities.sort_index().sort_index(axis=1)


def gap(one, other):
    return float(np.abs(tidy(one).to_numpy() - tidy(other).to_numpy()).max())


def restarts():
    answers = crowd()
    one, ten = (MACE(n_restarts=count).fit(answers.copy()).probas_ for count in (1, 10))
    return "largest difference of a probability between 1 and 10 restarts", gap(one, ten)


def underflow():
    rows = [[0, worker, worker % 2] for worker in range(1200)] + [[1, worker, 0] for worker in range(1200)]
    found = MACE(n_restarts=1).fit(pd.DataFrame(rows, columns=COLUMNS)).probas_
    return "probabilities that are no number, two units of 1,200 answers each", int(found.isna().to_numpy().sum())


class EvenStart(MACE):
    """Begins with no difference between workers, so that no draw depends on the order of the rows."""

    def _initialize(self, n_workers, n_labels):
        super()._initialize(n_workers, n_labels)
        self.spamming_ = np.full((n_workers, 2), 0.5)
        self.thetas_ = np.full((n_workers, n_labels), 1 / n_labels)


def order():
    answers = crowd()
    backwards = answers[::-1].reset_index(drop=True)
    ordered = answers.sort_values(["worker", "label"]).reset_index(drop=True)
    tables = (ordered, ordered.sort_values(["worker", "task"]), answers, backwards)
    found = [tidy(EvenStart(n_restarts=1).fit(rows.copy()).probas_) for rows in tables]
    differ = [int((one.idxmax(axis=1) != found[0].idxmax(axis=1)).sum()) for one in found[1:]]
    said = "labels of 200 units that change from rows by worker and label: by worker and task, shuffled, turned round"
    return said, differ


def early(folder):
    answers = pd.read_csv(folder / "answers.csv", dtype=str, keep_default_na=False)[COLUMNS]
    gold = pd.read_csv(folder / "gold.csv", dtype=str, keep_default_na=False).drop_duplicates("task")
    gold = gold.set_index("task")["label"]
    found = []
    for tolerance in (1e-5, -np.inf):
        model = DawidSkene(100, tol=tolerance).fit(answers.copy())
        found += [len(model.loss_history_), likelihood(model, answers), accuracy(model.labels_, gold)]
    return f"{folder.name}: rounds, log-likelihood and accuracy; the same without its stop", found


def likelihood(model, answers):
    """Log-likelihood of all answers under the priors and confusions of a fitted model."""
    logs = answers.join(np.log(model.errors_), on=["worker", "label"]).drop(columns=["worker", "label"])
    rows = logs.groupby("task").sum() + np.log(model.priors_)
    top = rows.max(axis=1)
    return round(float((top + np.log(np.exp(rows.sub(top, axis=0)).sum(axis=1))).sum()), 2)


def accuracy(found, gold):
    both = gold.index.intersection(found.index)
    return round(float((found.loc[both] == gold.loc[both]).mean()), 4)


def message(work):
    try:
        return str(work())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def cancelled():
    answers = pd.DataFrame([[0, 0, "a"], [1, 1, "b"], [1, 2, "b"]], columns=COLUMNS)
    return "KOS, a unit whose only worker answered nothing else", message(lambda: KOS().fit_predict(answers))


def weightless():
    answers = pd.DataFrame([[0, 0, "a"], [0, 1, "b"]], columns=COLUMNS)
    weights = pd.Series([0.0, 0.0], index=[0, 1])
    found = message(lambda: MajorityVote().fit(answers, weights).probas_.to_numpy().tolist())
    return "weighted vote, all weights 0: its probabilities", found


def two_rounds():
    rng = np.random.default_rng(1)
    strength, rows = rng.normal(0, 1, 12), []
    for _ in range(2000):
        a, b = rng.choice(12, 2, replace=False)
        won = a if rng.random() < 1 / (1 + np.exp(strength[b] - strength[a])) else b
        rows.append([0, a, b, won])
    votes = pd.DataFrame(rows, columns=["worker", "left", "right", "label"])
    two, many = (BradleyTerry(n_iter=rounds).fit_predict(votes) for rounds in (2, 5000))
    scores = many.sort_index().to_numpy()
    # The likelihood equations: wins against what the scores expect.
    wins = votes.label.value_counts().sort_index().to_numpy()
    expected = np.zeros(12)
    for _, a, b, _ in rows:
        expected[a] += scores[a] / (scores[a] + scores[b])
        expected[b] += scores[b] / (scores[a] + scores[b])
    off = float(np.abs(expected / wins - 1).max())
    said = "Bradley-Terry: difference between 2 and 5,000 rounds; wins that the scores miss"
    return said, [float(np.abs(two - many).max()), round(off, 4)]


def main(*folders):
    proofs = [restarts, underflow, order, cancelled, weightless, two_rounds]
    said = {proof.__name__: proof() for proof in proofs}
    if folders:
        said["early"] = early(Path(folders[0]))
    print(json.dumps(said))


main(*sys.argv[1:])
