"""The model of an arm: what it gives, which of its effects can be told, and what of its patients it uses."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from speciosa.errors import InputError
from speciosa.facts.effects import without
from speciosa.model import Equations
from speciosa.pharmacology.assembly import descendants, system
from speciosa.pharmacology.covariates import describe
from speciosa.pharmacology.dosing import SubstanceDoses, schedule
from speciosa.pharmacology.effect.effects import OUTPUTS, acting, check, is_without
from speciosa.pharmacology.exposure.absorption import Way
from speciosa.pharmacology.silent import silent, words
from speciosa.study.endpoints import FREE_BREATHING, OutcomeDefinition, wanted
from speciosa.study.question.schema import Arm, Study

COURSES = ("pain_nrs", "ventilation_fraction", "cows", "liking_vas", "mor_occupancy")
"""Effects whose course is shown."""


@dataclass(frozen=True)
class ArmModel:
    """One arm as equations.

    Attributes:
        plan: its doses.
        substances: those whose exposure is read.
        effects: those that can be computed.
        equations: the model.
    """

    plan: SubstanceDoses
    substances: tuple[str, ...]
    effects: tuple[str, ...]
    equations: Equations


def arm_model(arm: Arm, definitions: Mapping[str, OutcomeDefinition]) -> ArmModel:
    """The model of an arm that gives the outcomes asked for."""
    plan = schedule(arm.doses)
    dosed = plan.substances
    substances = _shown(dosed)
    requested = {d.output for d in definitions.values()} | set(COURSES)
    effects = _estimable(descendants(dosed), requested)
    # A co-medication that has an effect does not tell which effect the arm's own drug has.
    own = schedule(arm.treatment).substances
    if own:
        known = set(_estimable(descendants(own), requested))
        effects = tuple(effect for effect in effects if effect in known)
    else:  # no drug with a co-medication: what that does not touch is as without it
        effects = tuple(name for name in OUTPUTS if name in requested)
    equations = _equations(dosed, (*substances, *effects), plan.ways, baseline=not own)
    return ArmModel(plan, substances, effects, equations)


def unused(study: Study) -> tuple[str, ...]:
    """What the study says of its patients and no part of an arm's model uses, a sentence for each arm and property."""
    definitions = {d.key: d for d in wanted(study.follow_up.outcomes, study.indication)}
    found = []
    for arm in study.arms:
        text = f"{study.population.covariates}; {arm.covariates}"
        patient = describe(text)[0]
        if not patient.values:
            continue
        built = arm_model(arm, definitions)
        held = [record.name for record in built.equations.covariates]
        found += [
            f"{arm.name}: {words(name, 'the outcomes', built.plan.substances)}."
            for name in silent(held, patient)
        ]
    return tuple(found)


def absences(study: Study) -> tuple[str, ...]:
    """For each arm, the outcomes that are those of no drug because its drugs do not act where they come from, and why."""
    definitions = {d.key: d for d in wanted(study.follow_up.outcomes, study.indication)}
    found: list[str] = []
    for arm in study.arms:
        given = schedule(arm.treatment).substances
        if not given and arm.companions.doses:
            found += _untouched(arm, definitions.values())
        if not given or not all(without().get(name) for name in given):
            continue
        told = [
            definition.spoken
            for definition in definitions.values()
            if all(is_without(name, definition.output) for name in given)
        ]
        why = "; ".join(next(iter(without()[name].values())) for name in given)
        if told:
            found.append(f"{arm.name}: as without a drug: {', '.join(told)}. {why}.")
    return tuple(found)


def _untouched(arm: Arm, wanted: Collection[OutcomeDefinition]) -> Iterator[str]:
    """That outcomes of an arm without a drug of its own leave out what its co-medication may do to them."""
    given = schedule(arm.companions).substances
    known = set(_estimable(descendants(given), {each.output for each in wanted}))
    told = [each.spoken for each in wanted if each.output not in known]
    if told:
        yield (
            f"{arm.name}: as without the co-medication, whose effect on it no model holds: {', '.join(told)}."
        )


def _shown(dosed: Sequence[str]) -> tuple[str, ...]:
    """Substances whose exposure is read: what acts, and what is given for its own sake."""
    acts = set(acting())
    found = tuple(name for name in descendants(tuple(dosed)) if name in acts)
    return found or tuple(dosed)


@lru_cache(maxsize=16)
def _equations(
    substances: tuple[str, ...], outputs: tuple[str, ...], ways: tuple[Way, ...], *, baseline: bool
) -> Equations:
    """The model of an arm; arms that differ in doses only share it."""
    followed = not FREE_BREATHING.isdisjoint(outputs)
    return system(substances, outputs, ways=ways, dynamic_co2=followed, baseline=baseline).build()


def _estimable(substances: Sequence[str], outputs: set[str]) -> tuple[str, ...]:
    """The effects that the substances of an arm, or nothing, allow to be computed."""
    kept = []
    for output in OUTPUTS:
        if output in outputs:
            try:
                check(substances, [output])
            except InputError:
                continue
            kept.append(output)
    return tuple(kept)
