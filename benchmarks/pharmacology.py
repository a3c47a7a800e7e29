"""Patients a CPU-second and core of the whole pharmacology, and of the arms of a study.

    python -m benchmarks.pharmacology [--patients 2000] [--study default] [--arms 4]

The full system is solved for three weeks (504 h) of repeated doses in patients that differ and under parameters that
are drawn, on one thread, at the tolerance of a study. What counts is the CPU time of solving, with compiled kernels in
cache; the best of three runs. Bar: 2,000 patients a CPU-second and core with three ligands.
"""

import argparse
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from speciosa.engine import Endpoint, simulate
from speciosa.errors import InputError
from speciosa.model import Equations
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.dosing import SubstanceDoses, schedule
from speciosa.pharmacology.effect.effects import GASES, OUTPUTS
from speciosa.population import Population
from speciosa.regimen import Regimen, parse_regimen
from speciosa.study.endpoints import wanted
from speciosa.study.question.read import read_study
from speciosa.study.run import RTOL
from speciosa.study.simulation import ArmSimulation

WEEKS_3_H = 504.0
RUNS = 3

DOSES = {
    "three: mitragynine, 7-hydroxymitragynine, mitragynine pseudoindoxyl": (
        "60 mg mitragynine oral every 8 h x 63"
    ),
    "three: buprenorphine, norbuprenorphine, naloxone": (
        "8 mg buprenorphine sublingual every 24 h x 21; 2 mg naloxone sublingual every 24 h x 21"
    ),
    "three: oxycodone, oxymorphone, naloxone": (
        "10 mg oxycodone oral every 6 h x 84; 5 mg naloxone oral every 12 h x 42"
    ),
    "five: mitragynine and its two metabolites, morphine, its 6-glucuronide": (
        "60 mg mitragynine oral every 8 h x 63; 10 mg morphine oral every 6 h x 84"
    ),
}
"""Doses of three weeks by the ligands at the receptors that come of them."""


def model_of(plan: SubstanceDoses) -> tuple[Equations, tuple[str, ...]]:
    """The model with every effect that the doses can have over weeks, and those effects: gases are followed for hours only."""
    effects = []
    for name in OUTPUTS:
        if name in GASES:
            continue
        try:
            system(plan.substances, (name,), ways=plan.ways)
        except InputError:
            continue
        effects.append(name)
    model = system(plan.substances, (*plan.substances, *effects), ways=plan.ways)
    return model.build(), tuple(effects)


def best(solve: Callable[[], object]) -> float:
    """CPU seconds of the fastest of some runs, after one that compiles."""
    solve()
    seconds = []
    for _ in range(RUNS):
        began = time.process_time()
        solve()
        seconds.append(time.process_time() - began)
    return min(seconds)


def rate(
    equations: Equations,
    doses: Regimen,
    table: Mapping[str, NDArray[np.float64]],
    until_h: float,
    endpoints: tuple[Endpoint, ...],
) -> float:
    """Patients a CPU-second on one thread, with endpoints or with the last value of every output."""
    patients = len(next(iter(table.values())))

    def solve() -> object:
        if endpoints:
            return simulate(
                equations, doses, parameters=table, endpoints=endpoints, until=until_h,
                rtol=RTOL, trajectories=False, threads=1,
            )  # fmt: skip
        last = np.array([until_h])
        return simulate(equations, doses, parameters=table, times=last, rtol=RTOL, threads=1)

    return patients / best(solve)


def full_system(patients: int) -> None:
    """The whole system, by what is read from it."""
    for name, text in DOSES.items():
        plan = schedule(parse_regimen(text))
        equations, effects = model_of(plan)
        doses = plan.regimen(equations.target_names)
        drawn = Population.of(equations).draw(range(patients), range(1))
        table = {key: np.asarray(column).ravel() for key, column in drawn.values.items()}
        weekly = tuple(
            Endpoint(effect, "mean", (week - 1) * 168.0, week * 168.0)
            for effect in effects
            for week in (1, 2, 3)
        )
        print(f"{name}: {len(equations.states)} states, {len(effects)} effects")
        for what, endpoints in (("last values", ()), (f"{len(weekly)} weekly means", weekly)):
            print(
                f"  {what}: {rate(equations, doses, table, WEEKS_3_H, endpoints):.0f} patients a CPU-second"
            )


def arms(name: str, patients: int, count: int) -> None:
    """The first arms of a study, with all of its endpoints and with one."""
    study = read_study(name)
    definitions = {d.key: d for d in wanted(study.follow_up.outcomes, study.indication)}
    for arm in study.arms[:count]:
        simulation = ArmSimulation(study, arm, definitions, 1, RTOL)
        drawn = simulation.population.draw(range(patients), range(1))
        table = {key: np.asarray(column).ravel() for key, column in drawn.values.items()}
        speeds = [
            rate(simulation.equations, simulation.regimen, table, study.until_h, tuple(chosen))
            for chosen in (simulation.endpoints, simulation.endpoints[:1])
        ]
        print(
            f"{arm.name}: {len(simulation.equations.states)} states, {study.until_h:g} h; "
            f"{len(simulation.endpoints)} endpoints {speeds[0]:.0f}, one {speeds[1]:.0f} patients a CPU-second"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--study", default="default")
    parser.add_argument("--arms", type=int, default=4)
    options = parser.parse_args()
    full_system(options.patients)
    arms(options.study, options.patients, options.arms)


if __name__ == "__main__":
    main()
