"""Which effects can be asked for, what each needs, and how they enter a model.

`OUTPUTS` lists them. `add_effects` adds only the parts that the outputs asked for need, in any order; `check` refuses an
effect that none of the substances can have, with the reason and what can be asked instead.
"""

from collections.abc import Iterable, Mapping, Sequence

from sympy import Expr

from speciosa.errors import Fault, InputError, UnknownNameError
from speciosa.facts import effects as files
from speciosa.facts.sheets.sheet import names, sheet
from speciosa.model import Model
from speciosa.pharmacology.effect.effect_outputs import OUTPUTS as OUTPUTS
from speciosa.pharmacology.effect.effect_system import RELIEVED, EffectSystem, acts_on, lacks

CHANNELS = ("herg",)
"""Where an effect comes from that the parent of a metabolite must be known for."""
_OF_LIGAND = ("occupancy_", "effect_site_")
GASES = frozenset({"arterial_po2_mmhg", "brain_po2_mmhg", "blood_flow"})
"""Effects that only free breathing followed second by second has."""


def acting() -> tuple[str, ...]:
    """The substances that act at a receptor or transporter of the model, or relieve pain as trials say."""
    return tuple(dict.fromkeys((*files.ligands(), *files.relievers())))


def is_had(substance: str, effect: str) -> bool:
    """Whether an effect of a substance can be told: it acts where the effect comes from, or is known not to.

    A drug whose relief of pain is known from trials has that and no other.

    Example:
        >>> is_had("ibuprofen", "pain_nrs"), is_had("ibuprofen", "cows"), is_had("duloxetine", "acute_pain_nrs")
        (True, True, False)
    """
    targets = OUTPUTS[effect].targets
    by_trials = tuple(target for target in targets if target in RELIEVED)
    if by_trials and substance in files.relievers():
        targets = by_trials
    return is_without(substance, effect) or any(acts_on(substance, target) for target in targets)


def is_without(substance: str, effect: str) -> bool:
    """Whether a substance is known not to act where an effect comes from, so that the effect is that of no drug.

    Example:
        >>> is_without("ibuprofen", "cows"), is_without("gabapentin", "sedation_probability")
        (True, False)
    """
    targets = OUTPUTS[effect].targets
    return RELIEVED.keys().isdisjoint(targets) and lacks(substance, targets)


def add_effects(
    m: Model,
    plasma: Mapping[str, Expr],
    outputs: Sequence[str],
    *,
    dynamic_co2: bool = False,
    calibrated: bool = True,
    baseline: bool = False,
) -> dict[str, Expr]:
    """Adds effects to a model and declares them as outputs.

    Args:
        m: the model, which holds the plasma concentrations.
        plasma: total plasma concentration by substance, nmol/L; substances without receptor data are passed over.
        outputs: names of `OUTPUTS`, ``occupancy_<substance>`` (mu receptor) or ``effect_site_<substance>`` (nmol/L of
            total plasma in equilibrium with the site).
        dynamic_co2: whether free breathing is followed second by second, with gases, blood flow and arrest.
        calibrated: whether estimates of the calibration replace the numbers of the files.
        baseline: whether an output that none of the substances can have is that of no drug.

    Raises:
        InputError: every output that is unknown, or that none of the substances can have.
    """
    if not baseline:
        check(tuple(plasma), outputs)
    followed = dynamic_co2 or not GASES.isdisjoint(outputs)
    system = EffectSystem(m, plasma, dynamic_co2=followed, calibrated=calibrated)
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


def _fault(substances: Sequence[str], name: str) -> Fault | None:
    if name.startswith(_OF_LIGAND):
        substance = _ligand(name)
        fits = substance in substances and substance in files.ligands()
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
    if not substances or any(is_had(substance, name) for substance in _telling(substances, name)):
        return None
    can = [other for other in OUTPUTS if any(is_had(substance, other) for substance in substances)]
    instead = (
        "These can be asked: " + ", ".join(can) if can else "Plasma concentrations can be asked"
    )
    return Fault(
        f"{name} of {', '.join(substances) or 'nothing'}",
        "a substance with receptor data or trials for it",
        "none: not known, which is not none",
        instead + ".",
    )


def _telling(substances: Sequence[str], effect: str) -> tuple[str, ...]:
    """Those by which an effect can be told; channels meet what is taken itself, more of it than of what it turns into."""
    if OUTPUTS[effect].targets != CHANNELS:
        return tuple(substances)
    formed = {
        path.metabolite for one in substances if one in names() for path in sheet(one).pathways
    }
    return tuple(one for one in substances if one not in formed) or tuple(substances)


def untold(given: Iterable[str], effect: str) -> tuple[str, ...]:
    """Those of the substances given that act in people and whose part in an effect is not known, nor known to be none.

    Example:
        >>> untold(["methadone", "tapentadol"], "qtc_change_ms"), untold(["ibuprofen"], "qtc_change_ms")
        (('tapentadol',), ())
    """
    known = acting()
    return tuple(one for one in given if one in known and not is_had(one, effect))


def _ligand(name: str) -> str:
    for prefix in _OF_LIGAND:
        name = name.removeprefix(prefix)
    return name
