"""A virtual controlled trial, from its file to its operating characteristics."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from speciosa.pharmacology.effect.effect_outputs import OUTPUTS
from speciosa.progress import Progress, silent
from speciosa.trials.conduct.block import places, run_block
from speciosa.trials.conduct.calibration import calibrated
from speciosa.trials.conduct.pooling import pool_of
from speciosa.trials.conduct.rules import rules_of
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.design.multi_arm import multi_arm_bounds
from speciosa.trials.design.sequential import group_sequential
from speciosa.trials.design.shapes import Shape
from speciosa.trials.operating.escalating import DoseResult, escalated
from speciosa.trials.operating.plan import Again, Plan
from speciosa.trials.operating.replicates import Replicates, replicate
from speciosa.trials.operating.result import Comparison, LookResult, TrialResult
from speciosa.trials.operating.sizing import size_for
from speciosa.trials.operating.told import rests_on, sentence
from speciosa.trials.operating.truth import Truth, truth
from speciosa.trials.operating.warned import warnings_of, washout_notes
from speciosa.trials.people.pool import Pool
from speciosa.trials.people.solve import half_lives_h, harm_rates
from speciosa.trials.people.worlds import orders_of, treatments_of
from speciosa.trials.question.layout import ESCALATING
from speciosa.trials.question.read import read_trial
from speciosa.trials.question.schema import STRATEGIES, Trial
from speciosa.trials.question.words import read_summary
from speciosa.workers import Cluster

_CALIBRATION_SEED = 0xD0
_LEAST_EACH = 8
_CURVE = (0.5, 0.75, 1.5)
_TRUTH_EACH = 20_000


def trial(
    source: str | Path | Trial,
    *,
    threads: int | None = None,
    chunk: int | None = None,
    cluster: Cluster | None = None,
    progress: Progress = silent,
) -> TrialResult | DoseResult:
    """Simulates a controlled trial many times.

    Patients are solved once an arm, by mechanism; every replicate takes its people from that pool, measures them with error at
    visits, gives rescue and lets people stop, and analyses what is left. The true estimand is worked out from the same people.

    Args:
        source: a trial file (TOML), the name of a shipped trial, or a trial as read.
        threads: all cores if None; results do not depend on it.
        chunk: trials run at a time; results do not depend on it.
        cluster: workers that solve the people of the arms; results do not depend on it.
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
    pool = pool_of(
        asked, typical=True, stops=stops, threads=threads, cluster=cluster, progress=progress
    )
    drawn = None
    if asked.population.draws > 1:
        # what follows a stop is seen by an analysis only where people are followed
        seen = stops and (asked.dropout.followed > 0 or asked.adherence.taken < 1)
        drawn = pool_of(
            asked, typical=False, stops=seen, threads=threads, cluster=cluster, progress=progress
        )
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
    crossed, smart = design.kind == "crossover", design.kind == "smart"
    orders = orders_of(asked) if crossed else ()
    if crossed:  # the orders of the treatments
        allocation = (1,) * len(orders)
    completed = asked.dropout.completed
    shares = (
        (completed,)
        if isinstance(completed, float)
        else tuple(completed[arm.name] for arm in asked.arms)
    )
    seed = (asked.simulation.seed + _CALIBRATION_SEED) % 2**63
    rules = calibrated(pool, rules_of(asked, better), shares, allocation, seed)
    fractions, upper, futility = _bounds(asked)
    summary = read_summary(measure.summary)
    return Plan(
        rules,
        allocation,
        _reference(asked, names),
        asked.at,
        asked.method,
        asked.met,
        better,
        design.alpha,
        measure.margin,
        summary.change,
        measure.event,
        asked.analysis.df == "kenward-roger",
        asked.analysis.reference,
        asked.analysis.imputations,
        fractions,
        upper,
        futility,
        asked.simulation.seed,
        design.doses if design.kind == "mcpmod" else (),
        {text: Shape.read(text) for text in design.models} if design.kind == "mcpmod" else {},
        design.kind == "multi-arm multi-stage",
        Again(design.most, design.aim, design.promising, design.combine)
        if design.kind == "re-estimation"
        else None,
        asked.strategies if smart else (),
        orders if len(orders) > 2 else (),
    )


def _reference(asked: Trial, names: list[str]) -> int:
    """Number of the arm, treatment or strategy with which the others are compared."""
    if asked.design.kind == "crossover":
        return len(asked.arms) - 1
    if asked.design.kind == "smart":
        return [path.name for path in asked.strategies].index(asked.reference)
    return names.index(asked.reference)


def _bounds(asked: Trial) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Looks, and the bounds of z at them."""
    design = asked.design
    looks = design.looks or (1.0,)
    if design.kind == "multi-arm multi-stage":
        own = next(arm.allocation for arm in asked.arms if arm.name == asked.reference)
        other = next(arm.allocation for arm in asked.arms if arm.name != asked.reference)
        upper, futility = multi_arm_bounds(
            len(asked.arms) - 1, looks, spending=design.spending, alpha=design.alpha, ratio=own / other, delta=design.delta,
            futility=design.futility, binding=design.binding,
        )  # fmt: skip
        return looks, upper, futility
    bounds = group_sequential(
        looks, spending=design.spending, alpha=design.alpha, futility=design.futility or (), binding=design.binding,
        gamma=design.gamma, rho=design.rho, delta=design.delta,
    )  # fmt: skip
    return bounds.fractions, bounds.z_upper, bounds.z_futility


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
        tuple(worlds.name for worlds in pool.arms)[: len(plan.allocation)],
        compared,
        found,
        null.power(),
        null.power_se(),
        float(found.people.mean()),
        _looks(asked, plan, found),
        size,
        sized.low if sized is not None else None,
        sized.high if sized is not None else None,
        tried,
        None if over is None else over.power(),
        None if over is None else over.power_se(),
        {name: float(values.mean()) for name, values in found.harmed.items()},
        _estimands(asked, pool, plan),
        _tipping(asked, pool, plan, people, count, threads),
        example,
        rests_on(asked),
        (),
    )
    return replace(result, warnings=(*notes, *warnings_of(result, pool, sized)))


def _estimands(asked: Trial, pool: Pool, plan: Plan) -> tuple[tuple[str, Truth], ...]:
    """What each strategy would make of the events of this trial."""
    events = [
        name
        for name, there in (
            ("discontinued", plan.rules.leaving),
            ("switch", asked.switch),
            ("rescue", asked.rescue),
        )
        if there
    ]
    if not events or plan.method in ("log-rank", "cox", "negative binomial"):
        return ()
    people = min(asked.simulation.truth, _TRUTH_EACH)
    found = []
    for name in STRATEGIES:
        uniform = replace(plan, strategies={**plan.strategies, **dict.fromkeys(events, name)})
        found.append((name, truth(pool, uniform, plan.compared[0], people)))
    return tuple(found)


def _tipping(
    asked: Trial, pool: Pool, plan: Plan, size: int, count: int, threads: int | None
) -> tuple[tuple[float, float, float], ...]:
    """How much worse those who left are taken to be, and the power then, of the same trials."""
    found = []
    for tip in asked.analysis.tipping:
        done = replicate(pool, replace(plan, tip=tip), size, count, threads=threads)
        found.append((tip, done.power(), done.power_se()))
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


def _looks(asked: Trial, plan: Plan, found: Replicates) -> tuple[LookResult, ...]:
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
                float(
                    (
                        here & found.rejected.any(0) if found.several else here & found.rejected[0]
                    ).mean()
                ),
                float((here & found.futile).mean()),
                {
                    _name(asked, arm): float((found.dropped[row] == number).mean())
                    for row, arm in enumerate(plan.compared)
                }
                if plan.several
                else {},
            )
        )
    return tuple(looks)


def _name(asked: Trial, arm: int) -> str:
    """Of what is compared: an arm, or the treatment of a crossover that is not its reference."""
    if asked.design.kind == "crossover":
        return treatments_of(asked)[arm].name
    if asked.design.kind == "smart":
        return asked.strategies[arm].name
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
