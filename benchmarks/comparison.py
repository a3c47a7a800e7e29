"""The default comparison, stage by stage: time, patients a CPU-second, peak memory.

    python -m benchmarks.comparison [--study default] [--threads 2]

Bars (DESIGN section 8): 200,000 patient courses in under 60 s on 2 cores with compiled kernels cached, under 2 GB; the
first simulation is reached in 3 s.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

BEGIN = time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="default")
    parser.add_argument("--threads", type=int, default=None)
    options = parser.parse_args()

    from speciosa.comparison import compare

    first: list[float] = []

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "patients" and not first:
            first.append(time.perf_counter() - BEGIN)

    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        result = compare(
            options.study,
            folder=Path(folder),
            threads=options.threads,
            fresh=True,
            progress=progress,
        )
        simulated = time.perf_counter() - wall, time.process_time() - cpu
        wall, cpu = time.perf_counter(), time.process_time()
        from speciosa.report.write import write_report

        write_report(result, Path(folder))
        drawn = time.perf_counter() - wall, time.process_time() - cpu
    size = result.study.population
    rows = size.patients * size.draws * len(result.study.arms)
    print(f"first simulation begins after {first[0]:.1f} s")
    print(
        f"simulate, pool, weigh: {simulated[0]:.1f} s wall, {simulated[1]:.1f} s CPU, "
        f"{rows} patient courses, {rows / simulated[1]:.0f} a CPU-second"
    )
    print(f"report: {drawn[0]:.1f} s wall, {drawn[1]:.1f} s CPU")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    print(f"in all: {time.perf_counter() - BEGIN:.1f} s")


if __name__ == "__main__":
    main()
