"""Rows of observations as tasks for a cluster: those that share an arm go together, so that no arm is solved twice."""

import hashlib
from collections.abc import Callable, Sequence

from speciosa.facts.folders import identity
from speciosa.validation.arms import Arm
from speciosa.validation.bench import arms_of, lay_out
from speciosa.validation.observed.observations import Observation
from speciosa.validation.predict import Options, predict
from speciosa.validation.summary import Prediction
from speciosa.workers import Cluster, Task

ARMS_A_TASK = 6
"""About so many arms are solved in a task: some seconds of work."""
Predicted = tuple[list[Prediction], list[tuple[str, str]]]


def predict_on(
    cluster: Cluster | None,
    rows: Sequence[Observation],
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Predicted:
    """Predicts observations by `speciosa.validation.predict.predict`, on a cluster or in this process.

    Args:
        cluster: the workers; this process if None. Predictions do not depend on it.
        rows: what was observed.
        options: draws and seed.
        progress: called with arms done and arms in all.
    """
    if cluster is None:
        return predict(rows, options, progress)
    wanted, failed = lay_out(rows)
    cluster.require(identity)
    tasks, sizes = [], {}
    for arms, some in _together([row for row in rows if row.id not in failed]):
        digest = hashlib.sha256(repr((identity(), options, some)).encode()).hexdigest()[:24]
        task = Task(f"speciosa-validate-{digest}", predict, (some, options))
        tasks.append(task)
        sizes[task.key] = arms
    predicted: dict[str, Prediction] = {}
    reasons, done = dict(failed), 0
    for task, (predictions, hurdles) in cluster.run(tasks):
        predicted |= {prediction.id: prediction for prediction in predictions}
        reasons |= dict(hurdles)
        done += sizes[task.key]
        if progress is not None:
            progress(done, len(wanted))
    return (
        [predicted[row.id] for row in rows if row.id in predicted],
        [(row.id, reasons[row.id]) for row in rows if row.id in reasons],
    )


def _together(rows: Sequence[Observation]) -> list[tuple[int, list[Observation]]]:
    """Rows in groups of about `ARMS_A_TASK` arms, with the number of arms of each; rows that share an arm are in one group."""
    group_of: dict[Arm, int] = {}
    groups: dict[int, list[Observation]] = {}
    for number, row in enumerate(rows):
        arms = arms_of(row)
        joined = {group_of[arm] for arm in arms if arm in group_of}
        groups[number] = [row]
        for other in joined:
            groups[number] += groups.pop(other)
        for arm, group in group_of.items():
            if group in joined:
                group_of[arm] = number
        group_of |= dict.fromkeys(arms, number)
    count = {number: 0 for number in groups}
    for group in group_of.values():
        count[group] += 1
    order = {row.id: rank for rank, row in enumerate(rows)}
    packed: list[tuple[int, list[Observation]]] = []
    for number, some in groups.items():
        if packed and packed[-1][0] + count[number] <= ARMS_A_TASK:
            arms_so_far, others = packed.pop()
            packed.append((arms_so_far + count[number], others + some))
        else:
            packed.append((count[number], some))
    return [(arms, sorted(some, key=lambda row: order[row.id])) for arms, some in packed]
