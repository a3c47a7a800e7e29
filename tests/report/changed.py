"""Shipped studies changed in three places, drug, dose and patient, by chance; and simulated, small but for real."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from speciosa.regimen import Regimen, parse_regimen
from speciosa.study import read_study
from speciosa.study.question.schema import Arm, BenefitRisk, Study
from speciosa.study.result import StudyRun
from speciosa.study.run import run_study

PATIENTS, DRAWS, ARMS = 4, 20, 3
DRUGS = {
    "default": (
        "75 mg kratom_extract oral every 8 h x 42",
        "20 mg oxycodone oral every 12 h x 28",
        "50 mg tapentadol oral every 6 h x 56",
        "4 mg hydromorphone oral every 6 h x 56",
        "10 mg hydrocodone oral every 6 h x 56",
        "60 mg codeine oral every 6 h x 56",
        "200 mg celecoxib oral every 12 h x 28",
        "300 mg gabapentin oral every 8 h x 42",
        "5 mg methadone oral every 8 h x 42",
    ),
    "withdrawal": (
        "0.1 mg clonidine oral every 6 h x 28",
        "8 mg buprenorphine sublingual every 24 h x 28",
        "60 mg methadone oral every 24 h x 28",
        "5 g kratom_leaf oral every 8 h x 42",
        "none",
    ),
    "acute": (
        "400 mg ibuprofen oral every 6 h x 8",
        "50 mg diclofenac oral every 8 h x 6",
        "500 mg naproxen oral every 12 h x 4",
        "10 mg morphine oral every 4 h x 12",
        "15 mg 7oh_tablet oral every 8 h x 6",
    ),
}
FACTORS = (0.25, 0.5, 1.5, 2.0, 3.0)
WHO = (
    "opioid_history=tolerant 100 MME",
    "cyp2d6=poor", "cyp2d6=ultrarapid", "weight=55 kg", "age=72", "hepatic=moderate", "egfr=severe",
    "sex=female; age=60", "egfr=moderate; weight=110 kg",
)  # fmt: skip


def changed_study(number: int) -> Study:
    """A shipped study with three of its treatments and its reference, changed in three places."""
    rng = np.random.default_rng(number)
    name = tuple(DRUGS)[number % len(DRUGS)]
    shipped = read_study(name)
    others = [arm for arm in shipped.arms if arm.name != shipped.reference]
    kept = [others[i] for i in sorted(rng.choice(len(others), ARMS, replace=False))]
    drug, dose = rng.choice(ARMS, 2, replace=False)
    kept[drug] = Arm(
        name="Another drug", regimen=str(rng.choice(DRUGS[name])), confirm="chosen by chance"
    )
    kept[dose] = kept[dose].model_copy(
        update={
            "regimen": _times(kept[dose].regimen, float(rng.choice(FACTORS))),
            "confirm": "chosen by chance",
        }
    )
    reference = next(arm for arm in shipped.arms if arm.name == shipped.reference)
    who = [shipped.population.covariates, str(rng.choice(WHO[name == "withdrawal" :]))]
    population = shipped.population.model_copy(
        update={
            "patients": PATIENTS,
            "draws": DRAWS,
            "covariates": "; ".join(filter(None, who)),
        }
    )
    return shipped.model_copy(
        update={
            "arms": (*kept, reference),
            "population": population,
            "benefit_risk": BenefitRisk(reference=reference.name),
        }
    )


def _times(regimen: str, factor: float) -> str:
    doses = parse_regimen(regimen).doses
    return str(Regimen(tuple(replace(dose, amount=dose.amount * factor) for dose in doses)))


@lru_cache(maxsize=4)
def changed_run(number: int) -> StudyRun:
    """The changed study, simulated."""
    return run_study(changed_study(number))
