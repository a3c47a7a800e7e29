"""Pain against trials: single doses after surgery left out in turn, combinations, and chronic pain.

Every row of one single dose against nothing is left out, with all others of that drug, dose and route, and the rest is fitted
again: by steps of Gauss and Newton from the estimates as they stand, with the slopes found there. Rows of single doses are
predicted anew after each step, those of repeated doses and of chronic pain, which say little of a single dose, move along their
slopes. All other rows are predicted with the estimates as they stand: those of studies that check and of combinations, which
calibrate nothing, and those of repeated doses and chronic pain, most of which calibrate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

import numpy as np

from speciosa.calibration.effects import Say, Task
from speciosa.calibration.effects_predict import predictions
from speciosa.calibration.stages import STAGES
from speciosa.delimited import as_csv
from speciosa.facts.sheets.relieving import CONDITIONS
from speciosa.saving import save_whole
from speciosa.validation.arms import plan
from speciosa.validation.bench import arms_of
from speciosa.validation.metrics import Array
from speciosa.validation.observed.observations import DIFFERENCE, RESPONDERS, Observation

RECORD = "left-out.csv"
STAGE, ACUTE, CHRONIC = "pain", "acute_pain_nrs", "pain_nrs"
Z95 = 1.96
AFTER = {1.0: "after removal of teeth", 2.0: "after other surgery"}
WORDS = dict(enumerate(CONDITIONS, start=1))
STEPS, SMALL = 6, 0.02
"""Steps of Gauss and Newton at most, and a step in prior standard deviations that is the last."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of pain against its prediction.

    Attributes:
        id: of the row.
        how: ``left out``, ``calibrates``, ``calibrates nothing``, or ``combination`` (which calibrates nothing either).
        given: what was given, against what, to whom.
        value: what was observed.
        low: lower end of its 95% interval.
        high: upper end.
        predicted: the prediction.
        within: whether that lies in the interval.
    """

    id: str
    how: str
    given: str
    value: str
    low: str
    high: str
    predicted: str
    within: str


def judge_pain(
    fitting: Sequence[Observation], checking: Sequence[Observation], say: Say
) -> list[Judged]:
    """Predicts the rows of pain that have an interval; single doses after surgery without their own trials.

    Args:
        fitting: the rows of the observations that calibrate, with those set aside.
        checking: the rows of those that check.
        say: told about progress.
    """
    (stage,) = (stage for stage in STAGES if stage.name == STAGE)
    task = Task(stage, [row for row in fitting if row.split == "fit" and stage.takes(row)], {})
    z = task.stands()
    judged = list(_left_out(task, z, say))
    done = {entry.id for entry in judged}
    others = [row for row in (*fitting, *checking) if _has_interval(row) and row.id not in done]
    for row, value in zip(others, _predicted(task, z, others), strict=True):
        judged.append(_judged(row, _how(row), value))
    return judged


def write_judged(judged: Sequence[Judged], path: Path) -> Path:
    """Writes the record, a line a row."""
    names = [field.name for field in fields(Judged)]
    return save_whole(path, as_csv(names, map(astuple, judged)))


def told(judged: Sequence[Judged]) -> Iterator[str]:
    """The record in lines, with how many lie within their interval."""
    for entry in judged:
        cells = asdict(entry)
        yield (
            "{how}: {given}: {predicted} predicted, {value} ({low} to {high}) seen, within: {within}"
        ).format(**cells)
    for how in dict.fromkeys(entry.how for entry in judged):
        own = [entry for entry in judged if entry.how == how]
        yield f"{how}: {sum(entry.within == 'yes' for entry in own)} of {len(own)} within"


def _left_out(task: Task, stands: Array, say: Say) -> Iterator[Judged]:
    found, slopes = task.at(stands[None, :])[0], task.slopes(stands)
    alone = {row.id: str(arms_of(row)[0].regimen) for row in task.rows if _is_single_dose(row)}
    for regimen in dict.fromkeys(alone.values()):
        kept = np.array(
            [regimen not in {str(arm.regimen) for arm in arms_of(row)} for row in task.rows]
        )
        z = _refit(task, stands, found, slopes, kept)
        rows = [row for row in task.rows if alone.get(row.id) == regimen]
        for row, value in zip(rows, _predicted(task, z, rows), strict=True):
            yield _judged(row, "left out", value)
        say(f"left out: {regimen}")


def _refit(task: Task, stands: Array, found: Array, slopes: Array, kept: Array) -> Array:
    """The estimates without some rows."""
    weighed = slopes[:, kept] / task.spread[kept]
    step_of = np.linalg.inv(weighed @ weighed.T + np.eye(len(stands)))
    anew = [n for n, row in enumerate(task.rows) if kept[n] and _is_single_dose(row)]
    again = Task(task.stage, [task.rows[n] for n in anew], {})
    z = stands.copy()
    for _ in range(STEPS):
        told_now = found + (z - stands) @ slopes
        told_now[anew] = again.at(z[None, :])[0]
        missed = ((told_now - task.observed) / task.spread)[kept]
        step = -step_of @ (weighed @ missed + z)
        z = np.clip(z + step, -4, 4)
        if np.abs(step).max() < SMALL:
            break
    return np.asarray(z)


def _predicted(task: Task, z: Array, rows: Sequence[Observation]) -> Array:
    if not rows:
        return np.zeros(0)
    other = Task(task.stage, rows, {})
    found = predictions(rows, other.wanted, task.free, z[None, :], smooth=False)
    return np.asarray(found[0])


def _is_single_dose(row: Observation) -> bool:
    """Whether a row is of one dose by itself against nothing, with an interval."""
    if row.analyte != ACUTE or not _has_interval(row):
        return False
    given, other = (plan(arm).doses for arm in arms_of(row))
    return len(given) == 1 and len(given[0].times_h) == 1 and not other


def _has_interval(row: Observation) -> bool:
    if row.analyte not in {ACUTE, CHRONIC} or row.metric not in {RESPONDERS, DIFFERENCE}:
        return False
    return len(arms_of(row)) > 1 and row.spread_type == "se" and bool(row.spread)


def _how(row: Observation) -> str:
    if len(arms_of(row)[0].regimen.products) > 1:
        return "combination"
    return "calibrates" if row.split == "fit" else "calibrates nothing"


def _judged(row: Observation, how: str, predicted: float) -> Judged:
    low, high = (row.value + side * Z95 * float(row.spread) for side in (-1, 1))
    arm, other = arms_of(row)
    against = f" against {other.regimen}" if other.regimen.doses else ""
    values = arm.patient.values
    if row.analyte == ACUTE:
        pain = AFTER.get(values.get("surgery", 0.0), "after any surgery")
    else:
        pain = f"in {WORDS.get(int(values.get('condition', 0)), 'chronic pain').replace('_', ' ')}"
    return Judged(
        row.id,
        how,
        f"{arm.regimen}{against} {pain}",
        f"{row.value:.3f}",
        f"{low:.3f}",
        f"{high:.3f}",
        f"{predicted:.3f}",
        "yes" if low <= predicted <= high else "no",
    )
