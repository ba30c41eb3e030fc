"""One label per task: votes, confusion matrices, spammers and abilities."""

from __future__ import annotations

from typing import Any, List, Optional

import numpy as np
import pandas as pd

from .._engine import Answers, reals, series


class _Classifier:
    """What all have in common: ``labels_`` and ``probas_`` after ``fit``."""

    labels_: Any
    probas_: Any

    def fit(self, data: Any, *args: Any, **kwargs: Any) -> "_Classifier":
        raise NotImplementedError

    def fit_predict(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Fits, and gives the label of each task: a series indexed by task."""
        return self.fit(data, *args, **kwargs).labels_

    def fit_predict_proba(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Fits, and gives the probability of each label: a frame of tasks by labels."""
        return self.fit(data, *args, **kwargs).probas_

    def _take(self, answers: Answers, found: dict) -> None:
        tasks = pd.Index(answers.tasks.names, name="task")
        labels = pd.Index(answers.labels.names, name="label")
        self.probas_ = pd.DataFrame(answers.probas(found), index=tasks, columns=labels)
        self.labels_ = pd.Series(answers.chosen(found), index=tasks, name="agg_label")

    def _skills(self, answers: Answers, values: np.ndarray) -> Any:
        return series(values, answers.workers.names, "skill", "worker")


class Inference(_Classifier):
    """Headwater's default: probabilities that can be believed, without known labels.

    After ``fit``: ``skills_`` and ``information_`` by worker, ``priors_`` by label.
    """

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    def fit(self, data: Any, true_labels: Any = None) -> "Inference":
        extra = () if true_labels is None else list(dict(true_labels).values())
        answers = Answers(data, extra)
        found = answers.table.infer(answers.known(true_labels), self.threads)
        self._take(answers, found)
        self.skills_ = self._skills(answers, reals(found, "skills"))
        workers = answers.workers.names
        self.information_ = series(reals(found, "information"), workers, "information", "worker")
        self.priors_ = series(reals(found, "priors"), answers.labels.names, "prior", "label")
        return self


class MajorityVote(_Classifier):
    """Most votes, weighted by ``skills`` where they are given; ties to the smallest label.

    ``on_missing_skill``: ``error`` refuses answers of workers without a skill, ``ignore`` drops
    them, ``value`` takes ``default_skill``.

    >>> import pandas as pd
    >>> rows = [["t1", "p1", 0], ["t1", "p2", 0], ["t1", "p3", 1], ["t2", "p1", 1]]
    >>> df = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> MajorityVote().fit_predict(df).tolist()
    [0, 1]
    """

    def __init__(
        self, default_skill: Optional[float] = None, on_missing_skill: str = "error"
    ) -> None:
        self.default_skill = default_skill
        self.on_missing_skill = on_missing_skill

    def fit(self, data: Any, skills: Any = None) -> "MajorityVote":
        if skills is None:
            answers = Answers(data)
            found = answers.table.vote()
        else:
            data = self._with_skills(data, dict(skills))
            answers = Answers(data)
            known = dict(skills)
            weights = [known.get(name, self.default_skill) for name in answers.workers.names]
            found = answers.table.vote(np.asarray(weights, dtype="<f8").tobytes())
        self._take(answers, found)
        self.skills_ = self._skills(answers, reals(found, "skills"))
        return self

    def _with_skills(self, data: Any, skills: dict) -> Any:
        if self.on_missing_skill not in ("error", "ignore", "value"):
            raise ValueError(
                f"on_missing_skill is {self.on_missing_skill!r}: choose error, ignore or value"
            )
        data = pd.DataFrame({name: np.asarray(data[name]) for name in ("task", "worker", "label")})
        there = data["worker"].isin(list(skills))
        if self.on_missing_skill == "error" and not there.all():
            missing = data["worker"][~there].iloc[0]
            raise ValueError(f"the worker {missing!r} has no skill")
        if self.on_missing_skill == "value" and self.default_skill is None and not there.all():
            raise ValueError("on_missing_skill is `value`: give a default_skill")
        if self.on_missing_skill == "ignore":
            tasks = set(data["task"])
            data = data[there]
            if set(data["task"]) != tasks:
                raise ValueError("a task has no answer of a worker with a skill")
        return data


class GoldMajorityVote(_Classifier):
    """Votes weighted by each worker's accuracy on known labels.

    >>> import pandas as pd
    >>> rows = [["t1", "p1", 0], ["t1", "p2", 0], ["t1", "p3", 1],
    ...         ["t2", "p1", 1], ["t2", "p2", 0], ["t2", "p3", 1]]
    >>> df = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> GoldMajorityVote().fit_predict(df, pd.Series({"t1": 0})).tolist()
    [0, 0]
    """

    def fit(self, data: Any, true_labels: Any) -> "GoldMajorityVote":
        known = pd.Series(dict(true_labels))
        frame = pd.DataFrame({name: np.asarray(data[name]) for name in ("task", "worker", "label")})
        judged = frame[frame["task"].isin(known.index)]
        if judged.empty:
            raise ValueError("no answer is to a task with a known label")
        right = judged["label"].to_numpy() == known.loc[judged["task"]].to_numpy()
        skills = pd.Series(right, index=judged["worker"].to_numpy()).groupby(level=0).mean()
        self.skills_ = skills.rename("skill").rename_axis("worker")
        return self.predict_into(frame)

    def predict_into(self, data: Any) -> "GoldMajorityVote":
        vote = MajorityVote(on_missing_skill="ignore").fit(data, self.skills_)
        self.labels_, self.probas_ = vote.labels_, vote.probas_
        return self

    def predict(self, data: Any) -> Any:
        """Labels of other tasks of the same workers."""
        return self.predict_into(data).labels_

    def predict_proba(self, data: Any) -> Any:
        """Shares of weighted votes on other tasks of the same workers."""
        return self.predict_into(data).probas_


class _Weigher(_Classifier):
    """Workers' weights are found first, and count in a vote on this or other tasks."""

    def _weights(self, answers: Answers) -> dict:
        raise NotImplementedError

    def fit(self, data: Any) -> "_Weigher":
        answers = Answers(data)
        found = self._weights(answers)
        self._take(answers, found)
        self.skills_ = self._skills(answers, reals(found, "skills"))
        return self

    def predict(self, data: Any) -> Any:
        """Labels of other tasks of the same workers."""
        return MajorityVote().fit_predict(data, self.skills_)

    def predict_proba(self, data: Any) -> Any:
        """Shares of weighted votes on other tasks of the same workers."""
        return MajorityVote().fit_predict_proba(data, self.skills_)


class Wawa(_Weigher):
    """Votes weighted by each worker's agreement with the majority."""

    def _weights(self, answers: Answers) -> dict:
        return answers.table.wawa()


class ZeroBasedSkill(_Weigher):
    """Weights that follow each worker's agreement with the weighted vote, step by step."""

    def __init__(
        self,
        n_iter: int = 100,
        lr_init: float = 1.0,
        lr_steps_to_reduce: int = 20,
        lr_reduce_factor: float = 0.5,
        eps: float = 1e-5,
    ) -> None:
        if (n_iter, lr_init, lr_steps_to_reduce, lr_reduce_factor, eps) != (100, 1.0, 20, 0.5, 1e-5):
            raise ValueError("ZeroBasedSkill is offered with its default settings only")

    def _weights(self, answers: Answers) -> dict:
        return answers.table.zero_based_skill()


class DawidSkene(_Classifier):
    """Confusion matrices and labels by turns, with the conventions of crowd-kit 1.4.2.

    After ``fit``: ``priors_`` by label, ``errors_`` by worker and given label, a column per true
    label. ``true_labels`` are kept as they are.
    """

    def __init__(
        self,
        n_iter: int = 100,
        tol: float = 1e-5,
        initial_error_strategy: Optional[str] = None,
        threads: int = 1,
    ) -> None:
        if tol != 1e-5:
            raise ValueError("DawidSkene is offered with `tol=1e-05` only")
        self.n_iter = n_iter
        self.tol = tol
        self.initial_error_strategy = initial_error_strategy
        self.threads = threads

    def fit(
        self, data: Any, true_labels: Any = None, initial_error: Any = None
    ) -> "DawidSkene":
        extra = () if true_labels is None else list(dict(true_labels).values())
        answers = Answers(data, extra)
        known = answers.known(true_labels)
        rounds, start = self.n_iter, None
        if initial_error is not None and self.initial_error_strategy is not None:
            rounds -= 1
            start = self._first_round(answers, initial_error).tobytes()
        found = answers.table.dawid_skene(known, max(rounds, 1), self.threads, start)
        self._take(answers, found)
        self.priors_ = series(reals(found, "priors"), answers.labels.names, "prior", "label")
        workers = np.frombuffer(found["error_workers"], dtype="<u4")
        labels = np.frombuffer(found["error_labels"], dtype="<u4")
        names = np.asarray(answers.labels.names)
        index = pd.MultiIndex.from_arrays(
            [np.asarray(answers.workers.names)[workers], names[labels]], names=["worker", "label"]
        )
        errors = reals(found, "errors").reshape(len(workers), len(names))
        columns = pd.Index(names, name="label")
        self.errors_ = pd.DataFrame(errors, index=index, columns=columns)
        return self


    def _first_round(self, answers: Answers, initial_error: Any) -> np.ndarray:
        """Posteriors by votes and the matrices of `initial_error`, added to what votes say or, with
        the strategy `assign`, in their place; from there on the engine goes on."""
        if list(initial_error.index.names) != ["worker", "label"]:
            raise ValueError("the index of initial_error must be worker, label")
        if self.initial_error_strategy not in ("assign", "addition"):
            raise ValueError("initial_error_strategy must be `assign` or `addition`")
        shape = (len(answers.workers.names), len(answers.labels.names), len(answers.labels.names))
        errors = np.zeros(shape)
        votes = answers.probas(answers.table.vote())
        task, worker, label = answers.tasks.codes, answers.workers.codes, answers.labels.codes
        if self.initial_error_strategy == "addition":
            np.add.at(errors, (worker, label), votes[task])
        workers, labels = answers.workers.places(), answers.labels.places()
        columns = [labels[name] for name in initial_error.columns]
        given = np.zeros(shape[:2], dtype=bool)
        for (name, answer), row in initial_error.iterrows():
            if name in workers and answer in labels:
                errors[workers[name], labels[answer], columns] += row.to_numpy(float)
                given[workers[name], labels[answer]] = True
        if self.initial_error_strategy == "assign" and not given[worker, label].all():
            raise ValueError("initial_error lacks a worker and label of the data")
        seen = given.copy()
        seen[worker, label] = True
        errors = np.where(seen[:, :, None], np.maximum(errors, 1e-10), 0.0)
        errors /= np.maximum(errors.sum(axis=1, keepdims=True), 1e-300)
        logs = np.log(np.maximum(errors, 1e-300))
        sums = np.tile(np.log(np.maximum(votes.mean(axis=0), 1e-300)), (len(votes), 1))
        np.add.at(sums, task, logs[worker, label])
        rows = np.exp(sums - sums.max(axis=1, keepdims=True))
        return np.ascontiguousarray(rows / rows.sum(axis=1, keepdims=True), dtype="<f8")


class OneCoinDawidSkene(_Classifier):
    """One probability of being right per worker. After ``fit``: ``skills_``, ``priors_``."""

    def __init__(self, n_iter: int = 100, tol: float = 1e-5) -> None:
        if (n_iter, tol) != (100, 1e-5):
            raise ValueError("OneCoinDawidSkene is offered with its default settings only")

    def fit(self, data: Any) -> "OneCoinDawidSkene":
        answers = Answers(data)
        found = answers.table.one_coin()
        self._take(answers, found)
        self.skills_ = self._skills(answers, reals(found, "skills"))
        self.priors_ = series(reals(found, "priors"), answers.labels.names, "prior", "label")
        return self


class MACE(_Classifier):
    """Workers know the label or draw from a strategy of their own; restarts that differ.

    After ``fit``: ``spamming_`` by worker (draws, knows), ``thetas_`` by worker and label,
    ``bounds_``, the evidence of each restart.
    """

    def __init__(
        self, n_restarts: int = 10, random_state: int = 0, threads: int = 1, **settings: Any
    ) -> None:
        defaults = dict(
            n_iter=50,
            method="vb",
            smoothing=0.1,
            default_noise=0.5,
            alpha=0.5,
            beta=0.5,
            verbose=0,
        )
        for name, value in settings.items():
            if name not in defaults:
                raise TypeError(f"MACE has no setting `{name}`")
            if name != "verbose" and value != defaults[name]:
                raise ValueError(f"MACE is offered with `{name}={defaults[name]!r}` only")
        self.n_restarts = n_restarts
        self.random_state = random_state
        self.threads = threads

    def fit(self, data: Any) -> "MACE":
        answers = Answers(data)
        found = answers.table.mace(self.n_restarts, self.random_state, self.threads)
        self._take(answers, found)
        workers = len(answers.workers.names)
        self.spamming_ = reals(found, "knows").reshape(workers, 2)
        self.thetas_ = reals(found, "strategies").reshape(workers, len(answers.labels.names))
        self.bounds_: List[float] = found["bounds"]
        return self


class GLAD(_Classifier):
    """Abilities of workers and difficulties of tasks. After ``fit``: ``alphas_`` by worker,
    ``betas_`` by task (logarithms), ``objective_``."""

    def __init__(self, **settings: Any) -> None:
        allowed = {"n_iter": 100, "tol": 1e-5, "silent": None, "m_step_max_iter": 25, "m_step_tol": 1e-2}
        for name, value in settings.items():
            if name not in allowed:
                raise TypeError(f"GLAD has no setting `{name}`")
            if allowed[name] is not None and value != allowed[name]:
                raise ValueError(f"GLAD is offered with `{name}={allowed[name]!r}` only")

    def fit(self, data: Any) -> "GLAD":
        answers = Answers(data)
        found = answers.table.glad()
        self._take(answers, found)
        self.alphas_ = series(reals(found, "abilities"), answers.workers.names, "alpha", "worker")
        self.betas_ = series(reals(found, "eases"), answers.tasks.names, "beta", "task")
        self.objective_ = found["objective"]
        return self


class KOS(_Classifier):
    """Belief propagation for two labels; at chance on uneven tables, and here to compare with."""

    def __init__(self, n_iter: int = 100, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, data: Any) -> "KOS":
        answers = Answers(data)
        self._take(answers, answers.table.kos(self.random_state))
        return self


