"""The same calls to crowd-kit and to us: equal numbers, or a proof of why not."""

import numpy as np
import pandas as pd
import pytest

import headwater.aggregation as ours

theirs = pytest.importorskip("crowdkit.aggregation")


def crowd(seed, tasks=120, workers=9, classes=3, share=0.7):
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, tasks)
    skill = random.uniform(0.4, 0.95, workers)
    rows = []
    for task in range(tasks):
        for worker in np.flatnonzero(random.random(workers) < share):
            right = random.random() < skill[worker]
            label = truth[task] if right else random.integers(0, classes)
            rows.append((f"t{task:03}", f"w{worker}", f"c{label}"))
    return pd.DataFrame(rows, columns=["task", "worker", "label"])


@pytest.fixture(params=[1, 2, 3])
def table(request):
    return crowd(request.param)


def same(one, two, tolerance=1e-9):
    two = two.loc[one.index]
    if isinstance(one, pd.DataFrame):
        two = two[one.columns]
    np.testing.assert_allclose(one.to_numpy(float), two.to_numpy(float), atol=tolerance, rtol=0)


@pytest.mark.parametrize("name", ["MajorityVote", "DawidSkene", "OneCoinDawidSkene"])
def test_probabilities_are_equal(name, table):
    one, two = getattr(ours, name)(), getattr(theirs, name)()
    same(one.fit_predict_proba(table), two.fit_predict_proba(table))
    assert (one.labels_ == two.labels_.loc[one.labels_.index]).all()
    if name == "DawidSkene":
        same(one.priors_, two.priors_)
        same(one.errors_, two.errors_)
    else:
        same(one.skills_, two.skills_)


@pytest.mark.parametrize("rounds", [1, 5, 20])
def test_dawid_skene_is_equal_after_any_number_of_rounds(rounds, table):
    one = ours.DawidSkene(rounds).fit_predict_proba(table)
    same(one, theirs.DawidSkene(rounds).fit_predict_proba(table))


def test_known_labels_are_equal(table):
    known = pd.Series({"t000": "c1", "t001": "c0", "t002": "c2"})
    one = ours.DawidSkene(100).fit(table, known)
    two = theirs.DawidSkene(100).fit(table, known)
    same(one.probas_, two.probas_)


def test_weighted_votes_are_equal(table):
    skills = pd.Series({f"w{worker}": 0.3 + 0.07 * worker for worker in range(9)})
    one = ours.MajorityVote().fit_predict_proba(table, skills)
    same(one, theirs.MajorityVote().fit_predict_proba(table, skills))


def test_gold_votes_are_equal(table):
    known = pd.Series({f"t{task:03}": f"c{task % 3}" for task in range(60)})
    one = ours.GoldMajorityVote().fit(table, known)
    two = theirs.GoldMajorityVote().fit(table, known)
    same(one.skills_, two.skills_)
    same(one.probas_, two.predict_proba(table))


@pytest.mark.parametrize("name", ["Wawa", "ZeroBasedSkill"])
def test_weights_are_equal(name, table):
    one, two = getattr(ours, name)(), getattr(theirs, name)()
    same(one.fit_predict_proba(table), two.fit_predict_proba(table), 1e-6)


def test_glad_gives_nearly_all_the_same_labels(table):
    one, two = ours.GLAD().fit_predict(table), theirs.GLAD().fit_predict(table)
    assert (one == two.loc[one.index]).mean() >= 0.99


def test_mace_restarts_differ_here_and_not_there(table):
    one, two = ours.MACE(n_restarts=10).fit(table), theirs.MACE(n_restarts=10).fit(table)
    assert len(set(one.bounds_)) > 1
    once = theirs.MACE(n_restarts=1).fit_predict_proba(table)
    assert (once == two.probas_).all().all(), "ten restarts are one there"
    # Both find a maximum of the same bound, ours the best of ten.
    assert (one.labels_ == two.labels_.loc[one.labels_.index]).mean() >= 0.95


def test_binary_relevance_is_equal():
    rows = [["t1", "w1", ["house", "tree"]], ["t1", "w2", ["house"]],
            ["t1", "w3", ["house", "tree", "grass"]], ["t2", "w1", ["car"]],
            ["t2", "w2", ["car", "human"]], ["t2", "w3", ["train"]]]
    table = pd.DataFrame(rows, columns=["task", "worker", "label"])
    one = ours.BinaryRelevance(ours.DawidSkene(n_iter=10)).fit_predict(table)
    two = theirs.BinaryRelevance(theirs.DawidSkene(n_iter=10)).fit_predict(table)
    assert {task: sorted(labels) for task, labels in one.items()} == {
        task: sorted(labels) for task, labels in two.items()
    }


def test_bradley_terry_of_crowdkit_stops_before_it_has_converged():
    random = np.random.default_rng(1)
    strength = np.exp(random.normal(size=8))
    pairs = [random.choice(8, 2, replace=False) for _ in range(600)]
    rows = [(f"i{a}", f"i{b}", f"i{a if random.random() < strength[a] / (strength[a] + strength[b]) else b}")
            for a, b in pairs]
    table = pd.DataFrame(rows, columns=["left", "right", "label"])
    few, many = (theirs.BradleyTerry(n_iter=n).fit_predict(table) for n in (2, 5000))
    assert (few == many).all(), "two rounds and five thousand are the same there"
    found = ours.BradleyTerry(n_iter=100).fit_predict(table)
    # At the maximum each item's expected wins are its wins.
    wins = table["label"].value_counts()
    def gap(scores):
        expected = dict.fromkeys(scores.index, 0.0)
        for left, right, _ in rows:
            both = scores[left] + scores[right]
            expected[left] += scores[left] / both
            expected[right] += scores[right] / both
        return max(abs(expected[item] - wins.get(item, 0)) for item in scores.index)
    assert gap(found) < 1e-6
    assert gap(many) > 1.0


def test_noisy_bradley_terry_orders_alike():
    random = np.random.default_rng(2)
    rows = []
    for _ in range(2000):
        a, b = random.choice(6, 2, replace=False)
        worker = random.integers(0, 12)
        looks = worker < 9
        better = a if random.random() < 1 / (1 + np.exp(b - a)) else b
        rows.append((f"w{worker}", f"i{a}", f"i{b}", f"i{better if looks else random.choice([a, b])}"))
    table = pd.DataFrame(rows, columns=["worker", "left", "right", "label"])
    one = ours.NoisyBradleyTerry().fit(table)
    two = theirs.NoisyBradleyTerry(n_iter=20).fit(table)
    order = lambda scores: list(scores.sort_values().index)
    assert order(one.scores_) == [f"i{item}" for item in range(6)]
    assert order(two.scores_)[-1] == order(one.scores_)[-1]
    assert one.skills_[["w9", "w10", "w11"]].max() < one.skills_.drop(["w9", "w10", "w11"]).min()


@pytest.mark.parametrize("strategy", ["addition", "assign"])
def test_known_error_matrices_are_equal(strategy, table):
    workers, labels = sorted(table["worker"].unique()), sorted(table["label"].unique())
    index = pd.MultiIndex.from_product([workers, labels], names=["worker", "label"])
    random = np.random.default_rng(5)
    counts = random.integers(1, 9, (len(index), len(labels))) + 12 * np.tile(np.eye(len(labels)), (len(workers), 1))
    initial = pd.DataFrame(counts.astype(float), index=index, columns=labels)
    one = ours.DawidSkene(100, initial_error_strategy=strategy)
    two = theirs.DawidSkene(100, initial_error_strategy=strategy)
    one = one.fit_predict_proba(table, initial_error=initial)
    same(one, two.fit_predict_proba(table, initial_error=initial), 1e-6)
