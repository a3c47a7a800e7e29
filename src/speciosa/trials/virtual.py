"""A virtual controlled trial, from its file to its operating characteristics."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from speciosa.pharmacology.effect.effect_outputs import OUTPUTS
from speciosa.progress import Progress, silent
from speciosa.trials.conduct.block import calibrated, places, run_block
from speciosa.trials.conduct.rules import rules_of
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.design.sequential import group_sequential
from speciosa.trials.design.shapes import Shape
from speciosa.trials.operating.escalating import DoseResult, escalated
from speciosa.trials.operating.plan import Plan
from speciosa.trials.operating.replicates import Replicates, replicate
from speciosa.trials.operating.result import Comparison, LookResult, TrialResult
from speciosa.trials.operating.sizing import size_for
from speciosa.trials.operating.told import rests_on, sentence, warnings_of, washout_notes
from speciosa.trials.operating.truth import Truth, truth
from speciosa.trials.people.pool import Pool
from speciosa.trials.people.solve import half_lives_h, harm_rates, solve_pool
from speciosa.trials.question.layout import ESCALATING
from speciosa.trials.question.read import read_trial
from speciosa.trials.question.schema import STRATEGIES, Trial
from speciosa.trials.question.words import read_summary

_CALIBRATION_SEED = 0xD0
_LEAST_EACH = 8
_CURVE = (0.5, 0.75, 1.5)
_TRUTH_EACH = 20_000


def trial(
    source: str | Path | Trial,
    *,
    threads: int | None = None,
    chunk: int | None = None,
    progress: Progress = silent,
) -> TrialResult | DoseResult:
    """Simulates a controlled trial many times.

    Patients are solved once an arm, by mechanism; every replicate takes its people from that pool, measures them with error at
    visits, gives rescue and lets people stop, and analyses what is left. The true estimand is worked out from the same people.

    Args:
        source: a trial file (TOML), the name of a shipped trial, or a trial as read.
        threads: all cores if None; results do not depend on it.
        chunk: trials run at a time; results do not depend on it.
        progress: called with stage, done, in all.

    Raises:
        StudyError: lists every fault of the file.
        UnknownNameError: there is no such file or trial.
        ConvergenceError: hardly any virtual person fits the rule of inclusion.
    """
    asked = source if isinstance(source, Trial) else read_trial(source)
    if asked.design.kind in ESCALATING:
        return _dose_finding(asked, threads, progress)
    stops = asked.dropout.model != "none" or asked.adherence.taken < 1
    pool = solve_pool(asked, typical=True, stops=stops, threads=threads, progress=progress)
    drawn = None
    if asked.population.draws > 1:
        # what follows a stop is seen by an analysis only where people are followed
        seen = stops and (asked.dropout.followed > 0 or asked.adherence.taken < 1)
        drawn = solve_pool(asked, typical=False, stops=seen, threads=threads, progress=progress)
    notes = (
        washout_notes(asked, half_lives_h(asked, threads))
        if asked.design.kind == "crossover"
        else ()
    )
    return simulated(asked, pool, drawn, notes, threads=threads, chunk=chunk, progress=progress)


def _dose_finding(asked: Trial, threads: int | None, progress: Progress) -> DoseResult:
    """A trial that looks for a tolerated dose."""
    rates = harm_rates(asked, typical=True, threads=threads, progress=progress)[0]
    drawn = None
    if asked.population.draws > 1:
        drawn = harm_rates(asked, typical=False, threads=threads, progress=progress)
    return escalated(asked, rates, drawn, sentence(asked, None), rests_on(asked))


def plan_of(asked: Trial, pool: Pool) -> Plan:
    """The plan of a trial: rules calibrated by its pool, boundaries, analysis."""
    design, measure = asked.design, asked.endpoint
    better = 1 if (measure.better or OUTPUTS[measure.output].better) == "higher" else -1
    names = [worlds.name for worlds in pool.arms]
    allocation = tuple(arm.allocation for arm in asked.arms)
    crossed = asked.design.kind == "crossover"
    if crossed:  # the two orders of the treatments
        allocation = (1, 1)
    completed = asked.dropout.completed
    shares = (
        (completed,)
        if isinstance(completed, float)
        else tuple(completed[arm.name] for arm in asked.arms)
    )
    seed = (asked.simulation.seed + _CALIBRATION_SEED) % 2**63
    rules = calibrated(pool, rules_of(asked, better), shares, allocation, seed)
    looks = design.looks or (1.0,)
    bounds = group_sequential(
        looks, spending=design.spending, alpha=design.alpha, futility=design.futility or ()
    )
    summary = read_summary(measure.summary)
    return Plan(
        rules,
        allocation,
        1 if crossed else names.index(asked.reference),
        asked.at,
        asked.method,
        {str(event): str(how) for event, how in asked.estimand.strategy.items()},
        better,
        design.alpha,
        measure.margin,
        summary.change,
        measure.event,
        asked.analysis.df == "kenward-roger",
        asked.analysis.reference,
        asked.analysis.imputations,
        bounds.fractions,
        bounds.z_upper,
        bounds.z_futility,
        asked.simulation.seed,
        design.doses if design.kind == "mcpmod" else (),
        {text: Shape.read(text) for text in design.models} if design.kind == "mcpmod" else {},
    )


def simulated(
    asked: Trial,
    pool: Pool,
    drawn: Pool | None = None,
    notes: tuple[str, ...] = (),
    *,
    threads: int | None = None,
    chunk: int | None = None,
    progress: Progress = silent,
) -> TrialResult:
    """The same from people who are solved already.

    Args:
        asked: the question.
        pool: of people under the typical values of uncertain parameters.
        drawn: of people under each draw; None gives no assurance.
        notes: warnings that are known already.
        threads: all cores if None; results do not depend on it.
        chunk: trials run at a time; results do not depend on it.
        progress: called with stage, done, in all.
    """
    plan, count = plan_of(asked, pool), asked.simulation.replicates

    def run(
        people: int, world: Pool = pool, by_draw: bool = False, null: bool = False
    ) -> Replicates:
        told = _counter(progress, count)
        return replicate(
            world,
            plan,
            people,
            count,
            by_draw=by_draw,
            null=null,
            threads=threads,
            chunk=chunk,
            told=told,
        )

    size, sized = asked.design.size, None
    if asked.design.power is not None:
        unit = sum(plan.allocation)
        sized = size_for(
            asked.design.power, run, unit, _LEAST_EACH * unit, asked.design.largest, plan.alpha
        )
        size = sized.size
    people = size or asked.design.largest
    found = run(people)
    null = run(people, null=True)
    over = run(people, drawn, by_draw=True) if drawn is not None else None
    truths = tuple(truth(pool, plan, arm, asked.simulation.truth) for arm in plan.compared)
    compared = tuple(
        _comparison(_name(asked, arm), found, row, truths[row])
        for row, arm in enumerate(plan.compared)
    )
    tried = sized.tried if sized is not None else _curve(run, plan, people, found)
    arms = places(plan.allocation, people)
    example = run_block(pool, plan.rules, arms, Streams.of(plan.seed, range(1), people))
    result = TrialResult(
        asked,
        sentence(asked, size),
        plan,
        tuple(worlds.name for worlds in pool.arms),
        compared,
        found,
        null.power(),
        null.power_se(),
        float(found.people.mean()),
        _looks(plan, found),
        size,
        sized.low if sized is not None else None,
        sized.high if sized is not None else None,
        tried,
        None if over is None else over.power(),
        None if over is None else over.power_se(),
        {name: float(values.mean()) for name, values in found.harmed.items()},
        _estimands(asked, pool, plan),
        example,
        rests_on(asked),
        (),
    )
    return replace(result, warnings=(*notes, *warnings_of(result, pool, sized)))


def _estimands(asked: Trial, pool: Pool, plan: Plan) -> tuple[tuple[str, Truth], ...]:
    """What each strategy would make of the events of this trial."""
    events = [
        name
        for name, there in (("discontinued", plan.rules.leaving), ("rescue", asked.rescue))
        if there
    ]
    if not events or plan.method in ("log-rank", "cox"):
        return ()
    people = min(asked.simulation.truth, _TRUTH_EACH)
    found = []
    for name in STRATEGIES:
        uniform = replace(plan, strategies=dict.fromkeys(events, name))
        found.append((name, truth(pool, uniform, plan.compared[0], people)))
    return tuple(found)


def _counter(progress: Progress, total: int) -> Callable[[int], None]:
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        progress("trials", min(done, total), total)

    return told


def _curve(
    run: Callable[[int], Replicates], plan: Plan, size: int, found: Replicates
) -> tuple[tuple[int, float, float], ...]:
    """Powers of a few sizes about the one asked for."""
    unit = sum(plan.allocation)
    known = {size: found}
    for factor in _CURVE:
        other = max(_LEAST_EACH * unit, round(size * factor / unit) * unit)
        if other not in known:
            known[other] = run(other)
    return tuple((n, known[n].power(), known[n].power_se()) for n in sorted(known))


def _looks(plan: Plan, found: Replicates) -> tuple[LookResult, ...]:
    looks = []
    for number, (fraction, people) in enumerate(
        zip(plan.fractions, plan.people(found.size), strict=True)
    ):
        here = found.look == number
        futility = plan.futility[number] if number < len(plan.futility) else None
        looks.append(
            LookResult(
                fraction,
                people,
                plan.upper[number],
                futility,
                float((here & found.rejected[0]).mean()),
                float((here & found.futile).mean()),
            )
        )
    return tuple(looks)


def _name(asked: Trial, arm: int) -> str:
    """Of what is compared: an arm, or the treatment of a crossover that is not its reference."""
    if asked.design.kind == "crossover":
        return next(each.name for each in asked.arms if each.name != asked.reference)
    return asked.arms[arm].name


def _comparison(name: str, found: Replicates, row: int, true: Truth) -> Comparison:
    estimate = found.estimate[row]
    known = np.isfinite(estimate) & np.isfinite(found.low[row])
    total = max(int(known.sum()), 1)
    mean = float(estimate[known].mean()) if known.any() else float("nan")
    spread = float(estimate[known].std()) if known.any() else float("nan")
    held = (found.low[row] <= true.value) & (true.value <= found.high[row])
    coverage = float(held[known].mean()) if known.any() else 0.0
    return Comparison(
        name,
        true,
        found.power(row),
        found.power_se(row),
        mean,
        mean - true.value,
        float(np.sqrt(spread**2 / total + true.se**2)),
        coverage,
        float(np.sqrt(coverage * (1 - coverage) / total)),
    )
