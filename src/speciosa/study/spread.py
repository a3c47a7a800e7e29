"""The arms of a study as tasks for a cluster: blocks of draws, and the time courses of each arm."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from speciosa.facts.folders import identity
from speciosa.study.endpoints import read_outcomes
from speciosa.study.lock import arm_hash
from speciosa.study.question.schema import Study
from speciosa.study.result import ArmRun
from speciosa.study.simulation import ArmSimulation, Block, blocks_of
from speciosa.study.store import load_block, save_block
from speciosa.workers import Cluster, Task


def spread_arms(
    study: Study,
    numbers: list[int],
    cluster: Cluster,
    *,
    folder: Path | None,
    chunk: int | None,
    rtol: float,
    fresh: bool,
    advance: Callable[[int], None],
    finished: Callable[[int, ArmRun], None],
) -> None:
    """Simulates arms on a cluster; hands over each as soon as it is whole.

    Args:
        study: the question.
        numbers: which of its arms.
        cluster: the workers.
        folder: where finished blocks lie until their arm is whole; None keeps nothing.
        chunk: patients solved at a time.
        rtol: relative tolerance of the solver.
        fresh: whether to ignore blocks finished before.
        advance: told of patients that are done.
        finished: takes the number of an arm and the arm.
    """
    cluster.require(identity)
    about = study.model_dump_json()
    spans = {f"{span.start}-{span.stop}": span for span in blocks_of(study, chunk)}
    # Arms that differ in nothing but their names are one piece of work.
    same: dict[str, list[int]] = {}
    for number in numbers:
        same.setdefault(f"speciosa-{arm_hash(study, number, rtol)}", []).append(number)
    parts = {base: dict[str, Any]() for base in same}

    def take(key: str, result: Any) -> None:
        base, part = key.split("/")
        parts[base][part] = result
        if isinstance(result, Block):
            advance(len(result.status) * len(same[base]))
        if len(parts[base]) <= len(spans):
            return
        whole = parts.pop(base)
        arm = _simulation(about, same[base][0], rtol).joined(
            [whole[name] for name in spans], whole["courses"]
        )
        for number in same[base]:
            finished(number, arm)
        for name in spans:
            if folder is not None:
                _kept(folder, f"{base}/{name}").unlink(missing_ok=True)

    tasks = []
    for base, owners in same.items():
        for name, span in {**spans, "courses": None}.items():
            key = f"{base}/{name}"
            block = None if folder is None or fresh else load_block(_kept(folder, key))
            if block is None:
                tasks.append(Task(key, _solved, (about, owners[0], rtol, span)))
            else:
                take(key, block)
    for task, result in cluster.run(tasks):
        if folder is not None and isinstance(result, Block):
            save_block(result, _kept(folder, task.key))
        take(task.key, result)


def _kept(folder: Path, key: str) -> Path:
    return folder / "blocks" / f"{key.replace('/', '-')}.npz"


def _solved(about: str, number: int, rtol: float, span: range | None) -> Any:
    simulation = _simulation(about, number, rtol)
    return simulation.courses() if span is None else simulation.block(span)


@lru_cache(maxsize=4)
def _simulation(about: str, number: int, rtol: float) -> ArmSimulation:
    study = Study.model_validate_json(about)
    definitions = read_outcomes(study.follow_up.outcomes, study.indication)
    return ArmSimulation(study, study.arms[number], definitions, 1, rtol)
