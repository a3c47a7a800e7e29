"""One example trial as a table in ADaM-like columns, and its flow from people taken in to people analysed."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from speciosa.trials.conduct.block import REASONS

if TYPE_CHECKING:
    from speciosa.trials.operating.result import TrialResult


def patients_table(result: "TrialResult") -> pl.DataFrame:
    """One row a person and visit of the example trial; ``AVAL`` is null where the visit was missed.

    ``USUBJID`` person, ``TRT01P`` planned arm, ``TRT02P`` what those went on with who had not answered to it, ``PARAMCD`` what is
    measured, ``AVISITN`` and ``AVISIT`` visit, ``ADY`` day, ``AVAL`` value, ``BASE`` baseline, ``CHG`` change, ``ABLFL`` baseline
    flag, ``ANL01FL`` analysed, ``DISCFL``, ``DISCDY`` and ``DCSREAS`` stop of the treatment, ``SWITCHFL`` whether another treatment
    followed it (only where one may), ``RESCFL`` and ``RESCDY`` rescue, ``AEFL`` an unwanted effect.
    """
    block, trial = result.example, result.trial
    times = np.asarray(trial.design.shown_h)
    visits, people = len(times), block.y.shape[2]
    stopped, rescued = block.stopped[0], block.rescued[0]
    gone, needed = stopped < block.last, rescued <= block.last
    base = block.y[0, 0]
    hurt = block.unwanted[:, 0].sum(0)
    names = {path.then: path.name for path in result.plan.paths}
    second = [names.get(course, "") for course in block.course[0].tolist()]
    rows = []
    for visit in range(visits):
        seen = (stopped >= visit) | block.followed[0] | (visit == 0)
        value = block.y[visit, 0]
        rows.append(
            pl.DataFrame(
                {
                    "USUBJID": [f"{n + 1:05d}" for n in range(people)],
                    "TRT01P": [result.arms[a] for a in block.arm],
                    **({"TRT02P": second} if names else {}),
                    "PARAMCD": [trial.endpoint.output.upper()] * people,
                    "AVISITN": [visit] * people,
                    "AVISIT": [trial.design.shown_visits[visit]] * people,
                    "ADY": [float(times[visit] / 24 + 1)] * people,
                    "AVAL": [float(v) if s else None for v, s in zip(value, seen, strict=True)],
                    "BASE": base,
                    "CHG": [
                        float(v - b) if s and visit else None
                        for v, b, s in zip(value, base, seen, strict=True)
                    ],
                    "ABLFL": ["Y" if visit == 0 else ""] * people,
                    "ANL01FL": ["Y" if s else "" for s in seen],
                    "DISCFL": ["Y" if g else "N" for g in gone],
                    "DISCDY": [float(times[s] / 24 + 1) if g else None for s, g in zip(stopped, gone, strict=True)],
                    "DCSREAS": [REASONS[r] if g else "" for r, g in zip(block.reason[0], gone, strict=True)],
                    **(
                        {"SWITCHFL": ["Y" if g and o else "N" for g, o in zip(gone, block.switches[0], strict=True)]}
                        if block.switches.any()
                        else {}
                    ),
                    "RESCFL": ["Y" if n else "N" for n in needed],
                    "RESCDY": [
                        float(times[r] / 24 + 1) if n else None
                        for r, n in zip(np.minimum(rescued, block.last), needed, strict=True)
                    ],
                    "AEFL": ["Y" if n else "N" for n in hurt],
                },
                schema_overrides={
                    "AVAL": pl.Float64, "CHG": pl.Float64, "DISCDY": pl.Float64, "RESCDY": pl.Float64,
                },
            )
        )  # fmt: skip
    return pl.concat(rows).sort("USUBJID", "AVISITN")


def course_table(result: "TrialResult") -> pl.DataFrame:
    """Mean of those seen at each visit of the example trial, with its 95% interval, by arm."""
    block, trial = result.example, result.trial
    rows = []
    for number, name in enumerate(result.arms):
        here = block.arm == number
        for visit, time in enumerate(trial.design.shown_h):
            seen = (block.stopped[0, here] >= visit) | block.followed[0, here] | (visit == 0)
            value = block.y[visit, 0, here][seen]
            if value.size > 1:
                mean = float(value.mean())
                reach = 1.959963984540054 * float(value.std(ddof=1)) / float(np.sqrt(value.size))
                rows.append(
                    {
                        "arm": name, "week": time / 168, "people": int(value.size),
                        "mean": mean, "low": mean - reach, "high": mean + reach,
                    }
                )  # fmt: skip
    return pl.DataFrame(rows)


def flow(result: "TrialResult") -> pl.DataFrame:
    """How many of the example trial were randomised, treated, stopped and why, and seen at the endpoint, by arm."""
    block, trial = result.example, result.trial
    rows = []
    for number, name in enumerate(result.arms):
        here = block.arm == number
        stopped, reason = block.stopped[0, here], block.reason[0, here]
        gone = stopped < block.last
        seen = (stopped >= trial.at) | block.followed[0, here]
        rows.append(
            {
                "arm": name,
                "randomised": int(here.sum()),
                "completed": int((~gone).sum()),
                **{
                    f"stopped: {why}": int((gone & (reason == n)).sum())
                    for n, why in enumerate(REASONS)
                },
                **(
                    {"changed treatment": int((block.course[0, here] != number).sum())}
                    if result.plan.paths
                    else {}
                ),
                **(
                    {"switched": int((gone & block.switches[0, here]).sum())}
                    if block.switches.any()
                    else {}
                ),
                "rescue": int((block.rescued[0, here] <= block.last).sum()),
                "seen at the endpoint": int(seen.sum()),
            }
        )
    return pl.DataFrame(rows)
