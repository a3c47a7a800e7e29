"""Comparisons whose outcomes are made up, so that sentences can be held against numbers without a simulation."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import polars as pl

from speciosa import facts
from speciosa.comparison import Comparison
from speciosa.comparison.weighing import weigh
from speciosa.outcomes import Drawn, Outcomes
from speciosa.study.arm_model import COURSES, arm_model
from speciosa.study.endpoints import STOPS, definitions, wanted
from speciosa.study.question.read import parse_study, read_study
from speciosa.study.question.schema import Arm, Study
from speciosa.study.result import ArmRun, StudyRun

DRAWS = 40
SHIPPED = ("default", "acute", "withdrawal", "interactions")
DOSES = {
    "pain": (
        "2 g kratom_leaf oral every 8 h x 42",
        "5 g kratom_leaf oral every 8 h x 42",
        "75 mg kratom_extract oral every 8 h x 42",
        "15 mg 7oh_tablet oral every 8 h x 42",
        "15 mg morphine oral every 6 h x 56",
        "30 mg morphine oral every 6 h x 56",
        "10 mg oxycodone oral every 6 h x 56",
        "100 mg tramadol oral every 6 h x 56",
        "50 mg tapentadol oral every 6 h x 56",
        "20 ug/h buprenorphine_patch transdermal every 7 d x 2 over 7 d",
        "1 g acetaminophen oral every 6 h x 56",
        "none",
    ),
    "withdrawal": (
        "none",
        "60 mg methadone oral every 24 h x 28",
        "8 mg buprenorphine sublingual every 24 h x 28",
        "16 mg buprenorphine sublingual every 24 h x 28",
        "0.54 mg lofexidine oral every 6 h x 28",
        "5 g kratom_leaf oral every 8 h x 42",
    ),
}
WHO = ("", "cyp2d6=poor", "weight=60 kg", "age=70", "hepatic=moderate")


def study_text(indication: str, doses: Sequence[str], reference: int, who: str = "") -> str:
    """A study file of arms numbered in order."""
    arms = "".join(
        f'[[arms]]\nname = "Arm {"ABCDEFGHIJKL"[place]}"\nregimen = "{dose}"\n'
        for place, dose in enumerate(doses)
    )
    return (
        f'title = "Made"\nquestion = "What is said?"\nindication = "{indication}"\n'
        f'[population]\npatients = 2\ndraws = {DRAWS}\ncovariates = "{who}"\n[follow_up]\nuntil = "30 d"\n{arms}'
        f'[benefit_risk]\nreference = "Arm {"ABCDEFGHIJKL"[reference]}"\n'
    )


def made(study: Study, rng: np.random.Generator) -> Comparison:
    """A comparison with random draws of every outcome that the models tell of each arm."""
    asked = wanted(study.follow_up.outcomes, study.indication)
    known = {d.key: d for d in [*asked, definitions()[STOPS]]}
    parts, arms = [], []
    for arm in study.arms:
        effects, substances = _told(arm.regimen, arm.comedication, tuple(known))
        drawn = [
            Drawn(d.title, _draws(d.unit, rng), d.unit, d.direction)
            for d in known.values()
            if d.output in effects
        ]
        parts.append(Outcomes.of_arm(arm.name, drawn, "simulated", ["model:made"]))
        arms.append(ArmRun(arm.name, {}, _courses(effects, rng), substances, (), {}, {}))
    run = StudyRun(study, known, tuple(arms), Outcomes.concat(parts))
    empty = pl.DataFrame()
    return Comparison(
        run=run,
        pooled=(),
        risks=empty,
        claims=facts.table("claims"),
        ledger={},
        legal=facts.table("legal"),
        outcomes=run.outcomes,
        weighing=weigh(study, run.outcomes),
        drivers={},
        worth_knowing={},
        notes=(),
    )


@lru_cache(maxsize=256)
def _told(
    regimen: str, comedication: str, keys: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    arm = Arm(name="any", regimen=regimen, comedication=comedication)
    model = arm_model(arm, {key: definitions()[key] for key in keys})
    return model.effects, model.substances


def _courses(effects: Sequence[str], rng: np.random.Generator) -> pl.DataFrame:
    """Curves of an hour a point, by chance."""
    times = np.arange(0.0, 48.0)
    parts = [
        pl.DataFrame({"output": name, "unit": "1", "time_h": times}).with_columns(
            median=pl.Series(rng.uniform(0, 1) + 0.01 * times), low=0.0, high=2.0
        )
        for name in COURSES
        if name in effects
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=_CURVE)


_CURVE = {
    "output": pl.String,
    "unit": pl.String,
    "time_h": pl.Float64,
    "median": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


def _draws(unit: str, rng: np.random.Generator) -> np.ndarray:
    if unit == "share":
        level = rng.choice([0.0, 0.001, rng.uniform(0, 1), rng.uniform(0, 1)])
        return np.clip(level + rng.normal(0, 0.1 * level, DRAWS), 0, 1)
    level = rng.uniform(0, 15)
    return np.maximum(0.0, level + rng.normal(0, rng.uniform(0, 3), DRAWS))


def random_study(number: int) -> Study:
    """One of many studies: indication, arms, doses, reference and patients by chance."""
    rng = np.random.default_rng(number)
    indication = ("pain", "withdrawal")[number % 2]
    choices = DOSES[indication]
    count = int(rng.integers(2, min(9, len(choices)) + 1))
    doses = [choices[i] for i in rng.choice(len(choices), count, replace=False)]
    return parse_study(
        study_text(indication, doses, int(rng.integers(count)), str(rng.choice(WHO)))
    )


def shipped(name: str, number: int) -> Comparison:
    """A study that ships, with numbers by chance."""
    return made(read_study(name), np.random.default_rng(number))
