"""The effects by name: unit, meaning, which way is better, what has to be there, and how each is built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sympy import Expr, Integer

from speciosa.pharmacology.effect.analgesia import experimental_tolerance, pain_score
from speciosa.pharmacology.effect.constipation import constipation
from speciosa.pharmacology.effect.effect_system import EffectSystem
from speciosa.pharmacology.effect.liking import liking
from speciosa.pharmacology.effect.nausea import nausea
from speciosa.pharmacology.effect.pupil import pupil
from speciosa.pharmacology.effect.qtc import qtc_change
from speciosa.pharmacology.effect.sedation import sedation

_PAIN = ("mor", "alpha2a", "serotonin_1a", "net", "sert")
_ACUTE, _CHRONIC = (*_PAIN, "acute"), (*_PAIN, "chronic")


@dataclass(frozen=True, slots=True)
class EffectOutput:
    """An effect that can be asked for.

    Attributes:
        unit: of the output.
        meaning: in words.
        better: which way is better for the patient.
        targets: an effect needs a substance at one of these.
        build: adds what it needs and returns its expression.
    """

    unit: str
    meaning: str
    better: Literal["higher", "lower", "neither"]
    targets: tuple[str, ...]
    build: Callable[[EffectSystem], Expr]


def _total(target: str) -> Callable[[EffectSystem], Expr]:
    return lambda s: sum(s.occupancy(target).values(), Integer(0))


OUTPUTS: Mapping[str, EffectOutput] = MappingProxyType(
    {
        "ventilation_fraction": EffectOutput(
            "1",
            "ventilation over the person's baseline at constant (raised) carbon dioxide",
            "higher",
            ("mor", "sedative"),
            lambda s: s.ventilation_left / s.ventilation_usual,
        ),
        "minute_ventilation": EffectOutput(
            "L/min",
            "ventilation, breathing freely",
            "higher",
            ("mor", "sedative"),
            lambda s: s.breathing.minute_ventilation,
        ),
        "free_ventilation_fraction": EffectOutput(
            "1",
            "ventilation, breathing freely, over that at rest without a drug",
            "higher",
            ("mor", "sedative"),
            lambda s: s.breathing.fraction,
        ),
        "respiratory_rate": EffectOutput(
            "1/min",
            "breaths, breathing freely",
            "higher",
            ("mor", "sedative"),
            lambda s: s.breathing.respiratory_rate,
        ),
        "petco2_mmhg": EffectOutput(
            "mmHg",
            "end-tidal carbon dioxide, breathing freely",
            "lower",
            ("mor", "sedative"),
            lambda s: s.breathing.end_tidal_co2,
        ),
        "arterial_po2_mmhg": EffectOutput(
            "mmHg",
            "oxygen in arterial blood, breathing room air freely",
            "higher",
            ("mor", "sedative"),
            lambda s: s.followed.arterial.o2,
        ),
        "brain_po2_mmhg": EffectOutput(
            "mmHg",
            "oxygen in the brain",
            "higher",
            ("mor", "sedative"),
            lambda s: s.followed.brain.o2,
        ),
        "blood_flow": EffectOutput(
            "L/min",
            "output of the heart of an adult of usual size; it fails minutes after oxygen has run out",
            "higher",
            ("mor", "sedative"),
            lambda s: s.followed.flow / s.model.parameter("minutes an hour", 60.0, "min/h"),
        ),
        "pupil_diameter_mm": EffectOutput(
            "mm",
            "pupil in dim light",
            "neither",
            ("mor",),
            lambda s: pupil(s.model, s.mu.given, s.tolerance, s.numbers),
        ),
        "mor_occupancy": EffectOutput(
            "1",
            "share of mu receptors held by any ligand",
            "neither",
            ("mor",),
            lambda s: s.mu.total,
        ),
        "kor_occupancy": EffectOutput(
            "1", "share of kappa receptors held", "neither", ("kor",), _total("kor")
        ),
        "dor_occupancy": EffectOutput(
            "1", "share of delta receptors held", "neither", ("dor",), _total("dor")
        ),
        "alpha2a_occupancy": EffectOutput(
            "1", "share of alpha-2A receptors held", "neither", ("alpha2a",), _total("alpha2a")
        ),
        "serotonin_1a_occupancy": EffectOutput(
            "1",
            "share of 5-HT1A receptors held",
            "neither",
            ("serotonin_1a",),
            _total("serotonin_1a"),
        ),
        "cows": EffectOutput(
            "1",
            "clinical opiate withdrawal scale, 0 to 48",
            "lower",
            ("mor", "alpha2a"),
            lambda s: s.withdrawal.cows,
        ),
        "sows": EffectOutput(
            "1",
            "subjective opiate withdrawal scale, 0 to 64",
            "lower",
            ("mor", "alpha2a"),
            lambda s: s.withdrawal.sows,
        ),
        "withdrawal_activity": EffectOutput(
            "1",
            "noradrenergic activity over normal",
            "lower",
            ("mor", "alpha2a"),
            lambda s: s.withdrawal.activity,
        ),
        "pain_nrs": EffectOutput(
            "1",
            "clinical (chronic) pain, 0 to 10",
            "lower",
            _CHRONIC,
            lambda s: pain_score(s.model, s.chronic_pain_left, s.withdrawal.excess, s.numbers),
        ),
        "acute_pain_nrs": EffectOutput(
            "1",
            "pain after surgery, 0 to 10",
            "lower",
            _ACUTE,
            lambda s: pain_score(
                s.model, s.acute_pain_left, s.withdrawal.excess, s.numbers, "acute_pain"
            ),
        ),
        "pain_relief": EffectOutput(
            "1",
            "share of chronic pain that the drug takes away",
            "higher",
            _CHRONIC,
            lambda s: 1 - s.chronic_pain_left,
        ),
        "pain_tolerance_ratio": EffectOutput(
            "1",
            "tolerance of experimental pain over baseline",
            "higher",
            _PAIN,
            lambda s: experimental_tolerance(s.relief.experimental, s.numbers),
        ),
        "liking_vas": EffectOutput(
            "1",
            "drug liking, 0 to 100",
            "lower",
            ("mor", "reward"),
            lambda s: liking(s.model, s.mu.given, s.tolerance, s.driven("kor"), s.numbers),
        ),
        "sedation_probability": EffectOutput(
            "1",
            "probability of being sleepy",
            "lower",
            ("mor", "sedative"),
            lambda s: sedation(1 - s.alertness_left, s.numbers),
        ),
        "nausea_probability": EffectOutput(
            "1",
            "probability of nausea",
            "lower",
            ("mor", "gut"),
            lambda s: nausea(s.model, s.gut_effect, s.numbers),
        ),
        "constipation_probability": EffectOutput(
            "1",
            "probability of constipation",
            "lower",
            ("mor", "gut"),
            lambda s: constipation(s.gut_effect, s.numbers),
        ),
        "qtc_change_ms": EffectOutput(
            "ms",
            "change of QTc",
            "lower",
            ("herg",),
            lambda s: qtc_change(
                {n: s.plasma[n] for n in s.on("herg")}, s.acute_depression, s.numbers
            ),
        ),
        "tolerance": EffectOutput(
            "1",
            "adaptation of the opioid effects, 0 to 1",
            "lower",
            ("mor",),
            lambda s: s.tolerance,
        ),
        "dependence": EffectOutput(
            "1",
            "opioid stimulus that the body has come to expect",
            "lower",
            ("mor",),
            lambda s: s.withdrawal.dependence,
        ),
    }
)
"""Every effect by name. ``occupancy_<substance>`` and ``effect_site_<substance>`` can be asked for besides."""
