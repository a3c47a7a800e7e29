"""From an arm as a plan writes it to the phases that are simulated: one set for each scenario of leaving."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TypeVar, cast

import numpy as np

from speciosa import facts
from speciosa.care.hazards.leaving import fixed_dose, leaving_elsewhere
from speciosa.care.hazards.setting import NALTREXONE
from speciosa.care.mechanism import Readings, Untreated, readings, untreated
from speciosa.care.modifiers import modifiers, settings
from speciosa.care.parameters import posterior, values
from speciosa.care.phases import FOREVER_D, Leaving, Phase, placebo
from speciosa.care.plan import (
    CONDITIONS,
    DETOXIFICATION,
    FIXED,
    PLACEBO,
    ROUTINE,
    SCENARIOS,
    TRIAL,
    UNKNOWN,
    UNTREATED,
    Plan,
    PlanArm,
)
from speciosa.care.regimens import CALIBRATED, covers_d, substance_of, substances_of
from speciosa.care.stepping.arrays import Floats
from speciosa.population.streams import normals, uniforms
from speciosa.progress import Progress

Of = TypeVar("Of", Readings, Untreated)


@dataclass(frozen=True)
class Pathway:
    """An arm as it is simulated.

    Attributes:
        name: of the arm, with the scenario where there are several.
        arm: of the plan.
        phases: in their order.
        back: the phase to which people return; -1 for none.
        fatal_ratio: ratio of the odds that an overdose kills, by draw.
        assumed: what of it rests on assumption, a sentence each.
    """

    name: str
    arm: PlanArm
    phases: tuple[Phase, ...]
    back: int
    fatal_ratio: Floats
    assumed: tuple[str, ...]


def pathways(plan: Plan, progress: Progress) -> tuple[Pathway, ...]:
    """The arms of a plan, one for each scenario of leaving."""
    return tuple(each for arm in plan.arms for each in _scenarios(plan, arm, progress))


def _scenarios(plan: Plan, arm: PlanArm, progress: Progress) -> Iterator[Pathway]:
    scenarios = arm.retention
    if not scenarios and arm.start not in (UNTREATED, DETOXIFICATION, PLACEBO) and _self(arm.start):
        scenarios = SCENARIOS
    for scenario in scenarios or ("calibrated",):
        phases = tuple(_phases(plan, arm, cast(Leaving, scenario), progress))
        name = f"{arm.name} (leaving {scenario})" if len(scenarios) > 1 else arm.name
        back = -1 if arm.returns == "none" or not phases else 0
        yield Pathway(
            name, arm, phases, back, _ratio(plan, arm, "odds that an overdose kills"),
            tuple(_assumed(arm, phases, scenario, pain=plan.condition != CONDITIONS[0])),
        )  # fmt: skip


def _phases(plan: Plan, arm: PlanArm, leaving: Leaving, progress: Progress) -> Iterator[Phase]:
    if arm.detoxification_d:
        only = arm.start == DETOXIFICATION
        yield Phase("", "", None, days=arm.detoxification_d, follows=not only)
    if arm.start in (UNTREATED, DETOXIFICATION):
        return
    days = arm.after_d if arm.then else arm.lasts_d or FOREVER_D
    first = _phase(plan, arm, arm.start, leaving, progress)
    taper = 0.0 if arm.then else arm.taper_d
    yield replace(first, days=days, taper_days=taper, follows=bool(arm.then))
    if arm.then:
        last = _phase(plan, arm, arm.then, "calibrated", progress)
        yield replace(last, days=arm.lasts_d or FOREVER_D, taper_days=arm.taper_d)


def _phase(plan: Plan, arm: PlanArm, regimen: str, leaving: Leaving, progress: Progress) -> Phase:
    if regimen == PLACEBO:
        without = untreated(plan.habitual_mme, plan.draws, progress=progress)
        return replace(
            placebo(part(without, range(plan.draws))),
            use_ratio=_ratio(plan, arm, "odds of use in treatment"),
            leave_ratio=_ratio(plan, arm, "hazard of leaving") * _untold(plan, arm),
        )
    read = readings(regimen, plan.habitual_mme, plan.draws, progress=progress)
    return Phase(
        regimen,
        substance_of(regimen),
        part(read, range(plan.draws)),
        covers_d=max(1.0, covers_d(regimen)),
        leaving=leaving,
        self_treated=_self(regimen),
        use_ratio=_ratio(plan, arm, "odds of use in treatment"),
        leave_ratio=_ratio(plan, arm, "hazard of leaving")
        * _elsewhere(plan, arm, regimen)
        * _fixed(plan, arm, regimen)
        * _untold(plan, arm),
    )


def _self(regimen: str) -> bool:
    """Whether no clinic gives any of it: kratom and what is in it."""
    return all("kratom" in facts.substance(name).group for name in substances_of(regimen))


def _ratio(plan: Plan, arm: PlanArm, acts_on: str) -> Floats:
    ratio = np.ones(plan.draws)
    for kind in arm.behavioural:
        modifier = modifiers()[kind]
        if modifier.acts_on == acts_on:
            ratio = ratio * modifier.drawn(plan.seed, range(plan.draws))
    return ratio


def _fixed(plan: Plan, arm: PlanArm, regimen: str) -> Floats:
    """By how much sooner people leave whose dose is the same for all."""
    if arm.dosing != FIXED:
        return np.ones(plan.draws)
    return fixed_dose(values(posterior()[: plan.draws]), substance_of(regimen))


def _untold(plan: Plan, arm: PlanArm) -> Floats:
    """By how much sooner people leave for what nothing is told of their study."""
    z = normals(plan.seed, "care: what is not told", range(1), range(plan.draws))[:, 0]
    found: Floats = np.exp(arm.untold * z)
    return found


def _elsewhere(plan: Plan, arm: PlanArm, regimen: str) -> Floats:
    """By how much sooner people leave in trials of others, or in routine care, than in CTN-0027, by draw."""
    here = np.ones(plan.draws)
    if arm.setting in ("", TRIAL) or _self(regimen):
        return here
    substance, draws = substance_of(regimen), range(plan.draws)
    if substance == NALTREXONE:
        trials, routine = here, settings()[NALTREXONE].drawn(plan.seed, draws)
    else:
        v = values(posterior()[: plan.draws])
        trials, routine = (leaving_elsewhere(v, substance, routine=each) for each in (False, True))
    if arm.setting == UNKNOWN:
        u = uniforms(plan.seed, "care: setting that is not told", range(1), draws)[:, 0]
        return np.where(u < settings()[UNKNOWN].ratio, routine, trials)
    return routine if arm.setting == ROUTINE else trials


def _assumed(
    arm: PlanArm, phases: tuple[Phase, ...], scenario: str, *, pain: bool
) -> Iterator[str]:
    for phase in phases:
        if phase.self_treated:
            yield (
                f"{phase.regimen}: how long people keep to it is assumed ({scenario}); no study has followed any. That a "
                "person who takes it uses other opioids less is read from the receptor, not seen."
            )
        elif phase.detoxification:
            yield "How many complete detoxification is judgement (from a third to six sevenths)."
        elif phase.substance == PLACEBO:
            yield (
                "placebo: how long people come for it rests on trials of buprenorphine against placebo; that they use as people "
                "without treatment do is judgement."
            )
        elif phase.substance == NALTREXONE:
            yield (
                f"{phase.regimen}: how long people keep to it rests on a review of injections and one trial of tablets; most "
                "trials of naltrexone begin with people already detoxified."
            )
        elif (
            phase.substance not in CALIBRATED and not pain
        ):  # of pain the plan says that all is judgement
            yield (
                f"{phase.regimen}: no curve of leaving was calibrated; it is taken from those of methadone and buprenorphine, "
                "wider."
            )
    for kind in arm.behavioural:
        modifier = modifiers()[kind]
        if modifier.verdict != "effect shown":
            yield f"{kind}: {modifier.verdict}; {modifier.note}."


def part(of: Of, draws: range) -> Of:
    """Readings of some draws."""
    chosen = {f.name: getattr(of, f.name)[draws.start : draws.stop] for f in fields(of)}
    return replace(of, **chosen)


def phase_part(phase: Phase, draws: range) -> Phase:
    """A phase at some draws."""
    if phase.readings is None:
        return phase
    cut = slice(draws.start, draws.stop)
    return replace(
        phase,
        readings=part(phase.readings, draws),
        use_ratio=np.asarray(phase.use_ratio)[cut],
        leave_ratio=np.asarray(phase.leave_ratio)[cut],
    )
