"""Which effects can be asked for, what each needs, and how they enter a model.

`OUTPUTS` lists them. `add_effects` adds only the parts that the outputs asked for need, in any order; `check` refuses an
effect that none of the substances can have, with the reason and what can be asked instead.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sympy import Expr, Integer

from speciosa.errors import Fault, InputError, UnknownNameError
from speciosa.facts import effects as files
from speciosa.model import Model
from speciosa.pharmacology.analgesia import experimental_tolerance, pain_score
from speciosa.pharmacology.constipation import constipation
from speciosa.pharmacology.effect_system import EffectSystem, acts_on
from speciosa.pharmacology.liking import liking
from speciosa.pharmacology.nausea import nausea
from speciosa.pharmacology.pupil import pupil
from speciosa.pharmacology.qtc import qtc_change
from speciosa.pharmacology.sedation import sedation

_PAIN = ("mor", "alpha2a", "serotonin_1a", "net", "sert")


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
            "ventilation over baseline at constant (raised) carbon dioxide",
            "higher",
            ("mor", "sedative"),
            lambda s: s.ventilation_left,
        ),
        "minute_ventilation": EffectOutput(
            "L/min",
            "ventilation, breathing freely",
            "higher",
            ("mor", "sedative"),
            lambda s: s.breathing.minute_ventilation,
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
            _PAIN,
            lambda s: pain_score(s.model, s.relief.clinical, s.withdrawal.excess, s.numbers),
        ),
        "pain_relief": EffectOutput(
            "1",
            "share of chronic pain that the drug takes away",
            "higher",
            _PAIN,
            lambda s: s.relief.clinical,
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
            ("mor",),
            lambda s: liking(s.model, s.mu.given, s.tolerance, s.driven("kor"), s.numbers),
        ),
        "sedation_probability": EffectOutput(
            "1",
            "probability of being sleepy",
            "lower",
            ("mor", "sedative"),
            lambda s: sedation(1 - s.ventilation_left, s.numbers),
        ),
        "nausea_probability": EffectOutput(
            "1",
            "probability of nausea",
            "lower",
            ("mor",),
            lambda s: nausea(s.model, s.gut_effect, s.numbers),
        ),
        "constipation_probability": EffectOutput(
            "1",
            "probability of constipation",
            "lower",
            ("mor",),
            lambda s: constipation(s.gut_effect, s.numbers),
        ),
        "qtc_change_ms": EffectOutput(
            "ms",
            "change of QTc",
            "lower",
            ("herg",),
            lambda s: qtc_change({n: s.plasma[n] for n in s.on("herg")}, s.numbers),
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

_OF_LIGAND = ("occupancy_", "effect_site_")


def ligands() -> tuple[str, ...]:
    """The substances that act at a receptor or transporter of the model."""
    return tuple(files.ligands())


def add_effects(
    m: Model,
    plasma: Mapping[str, Expr],
    outputs: Sequence[str],
    *,
    dynamic_co2: bool = False,
    calibrated: bool = True,
) -> dict[str, Expr]:
    """Adds effects to a model and declares them as outputs.

    Args:
        m: the model, which holds the plasma concentrations.
        plasma: total plasma concentration by substance, nmol/L; substances without receptor data are passed over.
        outputs: names of `OUTPUTS`, ``occupancy_<substance>`` (mu receptor) or ``effect_site_<substance>`` (nmol/L of
            total plasma in equilibrium with the site).
        dynamic_co2: whether carbon dioxide takes its minutes to settle in free breathing.
        calibrated: whether estimates of the calibration replace the numbers of the files.

    Raises:
        InputError: every output that is unknown or that none of the substances can have.
    """
    check(tuple(plasma), outputs)
    system = EffectSystem(m, plasma, dynamic_co2=dynamic_co2, calibrated=calibrated)
    return {name: _add(system, name) for name in dict.fromkeys(outputs)}


def _add(system: EffectSystem, name: str) -> Expr:
    if name in OUTPUTS:
        return system.model.output(name, OUTPUTS[name].build(system), OUTPUTS[name].unit)
    if name.startswith("occupancy_"):
        return system.model.output(name, system.mu.occupancy[_ligand(name)], "1")
    return system.model.output(name, system.site(_ligand(name)), "nmol/L")


def check(substances: Iterable[str], outputs: Iterable[str]) -> None:
    """Refuses outputs that are unknown or that none of the substances can have.

    Raises:
        InputError: every such output, with the reason and what can be asked instead.

    Example:
        >>> check(["morphine"], ["pain_nrs", "cows"])
    """
    given = tuple(substances)
    faults = [fault for name in outputs if (fault := _fault(given, name)) is not None]
    if faults:
        raise InputError(faults)


def _fault(given: Sequence[str], name: str) -> Fault | None:
    if name.startswith(_OF_LIGAND):
        substance = _ligand(name)
        fits = substance in given and substance in files.ligands()
        if name.startswith("occupancy_"):
            fits = fits and acts_on(substance, "mor")
        found = f"{substance}, which is not there or has no receptor data"
        return None if fits else Fault(name, "a ligand of the model", found)
    if name not in OUTPUTS:
        hint = UnknownNameError("effect", name, OUTPUTS)
        near = " or ".join(hint.nearest)
        return Fault(
            name,
            "one of " + ", ".join(OUTPUTS),
            "an unknown effect",
            f"Did you mean {near}?" if near else "",
        )
    # without any drug there is still a baseline, placebo, or withdrawal from what was taken before
    if not given or any(
        acts_on(substance, target) for substance in given for target in OUTPUTS[name].targets
    ):
        return None
    can = [
        other
        for other, entry in OUTPUTS.items()
        if any(acts_on(substance, target) for substance in given for target in entry.targets)
    ]
    instead = (
        "These can be asked: " + ", ".join(can) if can else "Plasma concentrations can be asked"
    )
    return Fault(
        f"{name} of {', '.join(given) or 'nothing'}",
        "a substance with receptor data for it",
        "none",
        instead + ".",
    )


def _ligand(name: str) -> str:
    for prefix in _OF_LIGAND:
        name = name.removeprefix(prefix)
    return name
