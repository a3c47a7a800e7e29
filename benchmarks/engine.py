"""How fast and how exact the engine is, beside libroadrunner, numbalsoda and SciPy, on the same patients.

    python benchmarks/engine.py [--quick] [--only A B S] [--no-peers] [--no-conformance] [--million] [--json FILE]

Every case runs in a process of its own. Speed is patients per second of processor time, the best of several runs; look
at ratios within one run, since absolute figures move with the machine. `--million` adds a million patients of model B
with endpoints only. First stands what is met of the predictions of NONMEM (SPECIOSA_NMTEST names their file) and of the SBML
Test Suite (SPECIOSA_SBML_SUITE names the folder of its semantic cases), which are not ours to ship.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from threads import two_threads
from workloads import TIMES, WORKLOADS, Array, Workload, regimen

METHODS = {"A": ("closed form", "tsit5"), "B": ("auto",), "S": ("auto",)}
BARS = {("A", "closed form"): 300_000, ("B", "auto"): 5_000, ("S", "auto"): 3_000}
POPULATION, PEER_PATIENTS = 10_000, {"libroadrunner": 100, "numbalsoda": 200, "SciPy": 3}
REPEATS = 5


def best_cpu(run: Callable[[], Any], repeats: int = REPEATS) -> tuple[float, float]:
    """Least processor time and least wall time of several runs, in seconds."""
    cpu, wall = [], []
    for _ in range(repeats):
        begin, clock = time.process_time(), time.perf_counter()
        run()
        cpu.append(time.process_time() - begin)
        wall.append(time.perf_counter() - clock)
    return min(cpu), min(wall)


def peak_memory_mb() -> float:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def uneven(patients: int) -> list[Any]:
    """Doses at times of each patient's own, as many as in the workload."""
    from speciosa.engine import Event

    times = np.random.default_rng(1).uniform(0, 336, (patients, 56))
    times[:, 0] = 0.0
    return [[Event(float(t), "oral", 100.0) for t in row] for row in np.sort(times, axis=1)]


def ours(work: Workload, method: str, threads: int, count: int) -> dict[str, float]:
    """Speciosa: speed, memory, error on the named sets."""
    from speciosa.engine import simulate
    from speciosa.engine.schedule import Schedule

    equations = work.model().build()
    names = [p.name for p in equations.parameters]
    doses: Any = regimen(work)
    if method == "closed form":
        doses = Schedule.of(uneven(count), equations, count)

    def run(table: Array, doses: Any = doses, **settings: Any) -> Any:
        parameters = {name: table[:, i] for i, name in enumerate(names)}
        return simulate(
            equations, doses, parameters=parameters, times=TIMES, method=method, **settings
        )

    named = run(work.named_sets(), regimen(work))
    found = np.stack([named[name] for name in equations.output_names], axis=2)
    error = float(work.relative_error(found, work.reference()).max())
    table = work.population(count)
    cpu, wall = best_cpu(lambda: run(table, threads=threads))
    return {
        "patients": count,
        "cpu": cpu,
        "wall": wall,
        "error": error,
        "memory_mb": peak_memory_mb(),
    }


def population_error(work: Workload, method: str, count: int) -> dict[str, float]:
    """The largest error of any patient, against the same engine at a tolerance of 1e-10."""
    from speciosa.engine import simulate

    equations = work.model().build()
    names = [p.name for p in equations.parameters]
    table = work.population(count)
    tight = "rodas5p" if work.name == "S" else "tsit5"
    worst = 0.0
    for begin in range(0, count, 1000):
        part = {name: table[begin : begin + 1000, i] for i, name in enumerate(names)}
        usual, exact = (
            simulate(equations, regimen(work), parameters=part, times=TIMES, method=m, rtol=rtol)
            for m, rtol in ((method, 1e-6), (tight, 1e-10))
        )
        for name in equations.output_names:
            peak = np.abs(exact[name]).max(axis=1)
            worst = max(worst, float((np.abs(usual[name] - exact[name]).max(axis=1) / peak).max()))
    return {"patients": count, "error": worst}


def first_use(work: Workload, method: str) -> dict[str, float]:
    """Processor time from checked equations to their first patient: choosing the solver, compiling or loading, solving."""
    from speciosa.engine import simulate

    equations = work.model().build()
    begin = time.process_time()
    simulate(equations, regimen(work), times=[0.0, 1.0], method=method, threads=1)
    return {"cpu": time.process_time() - begin}


def endpoints_only(work: Workload, count: int) -> dict[str, float]:
    """Peak, trough and area of the last day for many patients, drawn while they are solved."""
    from speciosa.engine import Endpoint, simulate

    equations = work.model().build()
    asked = [
        Endpoint(equations.output_names[0], kind, 312, 336) for kind in ("peak", "trough", "area")
    ]
    settings: dict[str, Any] = {"until": 336, "endpoints": asked, "trajectories": False}
    simulate(equations, regimen(work), patients=8, **settings)  # compiles
    begin, clock = time.process_time(), time.perf_counter()
    result = simulate(equations, regimen(work), patients=count, **settings)
    assert result.ok.all()
    return {
        "patients": count,
        "cpu": time.process_time() - begin,
        "wall": time.perf_counter() - clock,
        "memory_mb": peak_memory_mb(),
    }


def peer(work: Workload, name: str, count: int) -> dict[str, float]:
    """Another program: speed, memory, error on the named sets."""
    import peers

    solve = peers.named(name, work)
    error = float(work.relative_error(solve(work.named_sets()), work.reference()).max())
    table = work.population(count)
    cpu, wall = best_cpu(lambda: solve(table), 2)
    return {
        "patients": count,
        "cpu": cpu,
        "wall": wall,
        "error": error,
        "memory_mb": peak_memory_mb(),
    }


CASES: dict[str, Callable[..., dict[str, float]]] = {
    "ours": ours,
    "population_error": population_error,
    "first_use": first_use,
    "two_threads": two_threads,
    "endpoints_only": endpoints_only,
    "peer": peer,
}


def case(name: str, work: str, *args: Any, cache: str | None = None) -> dict[str, Any]:
    """Runs one case in a process of its own; what went wrong stands under "failed"."""
    environment = dict(os.environ) | ({"SPECIOSA_CACHE": cache} if cache else {})
    done = subprocess.run(
        [sys.executable, __file__, "--case", json.dumps([name, work, *args])],
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1][:200]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(only: list[str], quick: bool, with_peers: bool, million: bool) -> list[dict[str, Any]]:
    """All cases; prints each as it is done."""
    rows: list[dict[str, Any]] = []
    count = 2_000 if quick else POPULATION

    def add(what: str, work: str, by: str, found: dict[str, Any]) -> dict[str, Any]:
        rows.append({"what": what, "model": work, "by": by} | found)
        print(line(rows[-1]), flush=True)
        return found

    for work in only:
        speeds = {}
        for method in METHODS[work]:
            with tempfile.TemporaryDirectory() as cache:
                for what in ("first use, cold", "first use, cached"):
                    add(what, work, method, case("first_use", work, method, cache=cache))
            for threads in (1, 2):
                found = case("ours", work, method, threads, count)
                add(f"{threads} thread{'s' * (threads > 1)}", work, method, found)
                if threads == 1 and "cpu" in found:
                    speeds[method] = found["patients"] / found["cpu"]
            add("2 threads against 1", work, method, case("two_threads", work, method, count))
            add(
                "all patients against 1e-10",
                work,
                method,
                case("population_error", work, method, count),
            )
        for name in peer_names(work) if with_peers else ():
            patients = PEER_PATIENTS[name.split()[0]] // (4 if quick else 1) or 1
            found = add("1 thread", work, name, case("peer", work, name, patients))
            if "cpu" in found:
                theirs = found["patients"] / found["cpu"]
                ratios = ", ".join(f"{m} {speed / theirs:,.0f}" for m, speed in speeds.items())
                print(f"      times as fast as {name}: {ratios}", flush=True)
    if "B" in only:
        patients = 1_000_000 if million else count
        add("endpoints only", "B", "auto", case("endpoints_only", "B", patients))
    return rows


def conformance() -> None:
    """What is met of the predictions of NONMEM and of the SBML Test Suite; their places are said by environment variables."""
    import xml.etree.ElementTree as tree

    tests = Path(__file__).parents[1] / "tests" / "exchange"
    chosen = "predictions_of_nonmem or no_case_of_the_suite"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.xml"
        words = ["-m", "pytest", "-q", "-m", "slow", "-k", chosen, f"--junit-xml={file}"]
        words += ["-o", "junit_family=xunit1"]
        subprocess.run([sys.executable, *words, str(tests)], capture_output=True)
        for one in tree.parse(file).iter("testcase"):
            found = one.find("properties/property")
            skipped = one.find("skipped")
            text = "failed" if found is None else found.get("value")
            if skipped is not None:
                text = f"not measured: {skipped.get('message')}"
            print(f"{one.get('name', '').removeprefix('test_'):60s} {text}", flush=True)


def peer_names(work: str) -> tuple[str, ...]:
    import peers

    # Adams does not finish on the stiff workload
    return tuple(name for name in peers.PEERS if work != "S" or "Adams" not in name)


def line(row: dict[str, Any]) -> str:
    """One result in words."""
    text = f"{row['model']}  {row['by']:22s} {row['what']:27s}"
    if "failed" in row:
        return f"{text} failed: {row['failed']}"
    if "loop" in row:
        return f"{text} {row['engine']:9.2f} times (a loop in registers {row['loop']:.2f})"
    if row["what"].startswith("first use"):
        return f"{text} {row['cpu']:9.2f} CPU-s"
    if "cpu" in row:
        speed, bar = row["patients"] / row["cpu"], BARS.get((row["model"], row["by"]))
        text += f" {speed:9,.0f} patients/CPU-s, {row['patients'] / row['wall']:9,.0f}/s"
        text += f", {row['memory_mb']:6,.0f} MB"
        if bar and row["what"] == "1 thread":
            text += f" (bar {bar:,})"
    return text + (f", error {row['error']:.1e} of the peak" if "error" in row else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer patients")
    parser.add_argument("--only", nargs="+", default=list(WORKLOADS), choices=list(WORKLOADS))
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--no-conformance", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        name, work, *args = json.loads(options.case)
        print(json.dumps(CASES[name](WORKLOADS[work], *args)))
        return
    if not options.no_conformance:
        conformance()
    rows = measure(options.only, options.quick, not options.no_peers, options.million)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
