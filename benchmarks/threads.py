"""How much faster two threads are than one: the engine's, and a loop's that shares nothing."""

import time

from workloads import TIMES, Workload, regimen

LOOP_TURNS, REPEATS = 400_000_000, 5


def multiply_and_add(turns: int) -> float:
    """As many multiplications and additions as a processor can do, in registers alone; compiled like the engine's loops."""
    a, b, c, d, e, f, g, h = 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0
    for _ in range(turns):
        a, b, c, d = a * 0.5 + 1.0, b * 0.5 + 1.0, c * 0.5 + 1.0, d * 0.5 + 1.0
        e, f, g, h = e * 0.5 + 1.0, f * 0.5 + 1.0, g * 0.5 + 1.0, h * 0.5 + 1.0
    return a + b + c + d + e + f + g + h


def two_threads(work: Workload, method: str, count: int) -> dict[str, float]:
    """How much faster two threads are than one, in turn with a loop that shares nothing: what the machine allows."""
    from concurrent.futures import ThreadPoolExecutor

    from speciosa.engine import simulate
    from speciosa.engine.compiler.native import native

    loop, equations, table = native(multiply_and_add), work.model().build(), work.population(count)
    parameters = {p.name: table[:, i] for i, p in enumerate(equations.parameters)}

    def engine(threads: int) -> None:
        simulate(
            equations,
            regimen(work),
            parameters=parameters,
            times=TIMES,
            method=method,
            threads=threads,
        )

    def register(threads: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(loop, [LOOP_TURNS // 8] * 8))

    best = {(run, threads): float("inf") for run in (engine, register) for threads in (1, 2)}
    engine(1)
    register(1)
    for _ in range(REPEATS):
        for run, threads in best:
            clock = time.perf_counter()
            run(threads)
            best[run, threads] = min(best[run, threads], time.perf_counter() - clock)
    return {
        "engine": best[engine, 1] / best[engine, 2],
        "loop": best[register, 1] / best[register, 2],
    }
