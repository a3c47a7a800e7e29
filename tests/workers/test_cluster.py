"""A cluster gives the same numbers to the last bit, whoever computes them and whoever dies meanwhile."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import speciosa as sp
from speciosa.errors import ClusterError
from speciosa.study.question.read import read_study
from speciosa.study.question.schema import Study
from speciosa.study.result import StudyRun
from speciosa.study.run import run_study
from speciosa.trials.question.read import parse_trial
from speciosa.validation.observed.observations import Observation
from speciosa.validation.predict import Options, predict
from speciosa.validation.run import read
from speciosa.validation.spread import predict_on
from speciosa.workers import Cluster, Task, cluster

pytest.importorskip("distributed", reason="needs the extra cluster")


def small(draws: int = 6) -> Study:
    study = read_study("default")
    arms = [arm for arm in study.arms if arm.name in {"Kratom leaf, low", "Placebo"}]
    people = study.population.model_copy(update={"patients": 10, "draws": draws})
    return study.model_copy(update={"arms": tuple(arms), "population": people})


def bits(run: StudyRun) -> dict[str, bytes]:
    found = {"outcomes": repr(run.outcomes.table.to_dicts()).encode()}
    for arm in run.arms:
        found |= {f"{arm.name} {name}": value.tobytes() for name, value in arm.values.items()}
        found |= {f"{arm.name} {name}": value.tobytes() for name, value in arm.typical.items()}
        found[f"{arm.name} courses"] = repr(arm.courses.to_dicts()).encode()
        found[f"{arm.name} failed"] = repr(sorted(arm.failed.items())).encode()
    return found


@pytest.fixture(scope="module")
def workers() -> Iterator[Cluster]:
    with cluster("local:2") as found:
        yield found


@pytest.fixture(scope="module")
def alone() -> dict[str, bytes]:
    return bits(run_study(small()))


@pytest.mark.parametrize("chunk", [10, 40, None])
def test_blocks_of_any_size_give_the_bytes_of_one_process(
    workers: Cluster, alone: dict[str, bytes], chunk: int | None
) -> None:
    told: list[tuple[int, int]] = []
    run = run_study(
        small(),
        cluster=workers,
        chunk=chunk,
        progress=lambda _, done, total: told.append((done, total)),
    )
    assert bits(run) == alone
    assert told[-1] == (120, 120)


def test_finished_blocks_are_read_again_and_leave_with_their_arm(
    workers: Cluster, alone: dict[str, bytes], tmp_path: Path
) -> None:
    import speciosa.study.spread as spread

    class Dying(Cluster):
        def run(self, tasks):  # type: ignore[no-untyped-def]
            for count, found in enumerate(super().run(tasks)):
                if count == 5:
                    raise KeyboardInterrupt
                yield found

    dying = Dying(workers.client)
    with pytest.raises(KeyboardInterrupt):
        run_study(small(), cluster=dying, chunk=10, folder=tmp_path)
    kept = list((tmp_path / "blocks").iterdir())
    assert kept
    asked: list[str] = []

    class Counting(Cluster):
        def run(self, tasks):  # type: ignore[no-untyped-def]
            asked.extend(task.key for task in tasks)
            yield from super().run(tasks)

    run = run_study(small(), cluster=Counting(workers.client), chunk=10, folder=tmp_path)
    assert bits(run) == alone
    assert not {spread._kept(tmp_path, key) for key in asked} & set(kept)
    assert list((tmp_path / "blocks").iterdir()) == []


def test_no_other_machine_reaches_local_workers(workers: Cluster) -> None:
    """Two clusters at once take no port from each other, and every socket listens on the loopback alone."""
    psutil = pytest.importorskip("psutil")
    here = psutil.Process()
    before = {connection.laddr for connection in here.net_connections("inet")}
    with cluster("local:1") as second:
        assert second.client.submit(int, "7").result() == 7
        processes = [here, *here.children(recursive=True)]
        listening = [
            connection.laddr
            for process in processes
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
    assert set(listening) - before
    assert {address.ip for address in listening} == {"127.0.0.1"}


def slow_square(number: int) -> int:
    time.sleep(0.05)
    return number * number


def deadly(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def failing(number: int) -> int:
    raise ArithmeticError(f"no {number}")


def test_a_worker_that_is_killed_loses_nothing(workers: Cluster, alone: dict[str, bytes]) -> None:
    pids = list(workers.client.run(os.getpid).values())
    killer = threading.Timer(0.3, os.kill, (pids[0], signal.SIGKILL))
    killer.start()
    tasks = [Task(f"square-{number}", slow_square, (number,)) for number in range(30)]
    found = {task.key: result for task, result in workers.run(tasks)}
    assert found == {f"square-{number}": number * number for number in range(30)}
    assert pids[0] not in living(workers)
    assert bits(run_study(small(), cluster=workers, chunk=20)) == alone


def test_what_fails_is_told_by_key_and_the_rest_is_given(workers: Cluster) -> None:
    tasks = [Task("good", slow_square, (2,)), Task("bad", failing, (7,))]
    found = []
    with pytest.raises(ClusterError, match="(?s)1 of 2 tasks failed.*bad: ArithmeticError: no 7"):
        for task, result in workers.run(tasks):
            found.append((task.key, result))
    assert found == [("good", 4)]


def version_of_this_process() -> dict[str, str]:
    return {"speciosa": str(os.getpid()), "processor": str(os.getpid())}


def processor_of_this_process() -> dict[str, str]:
    return {"speciosa": "1", "processor": str(os.getpid())}


def test_workers_that_would_give_other_numbers_are_refused(workers: Cluster) -> None:
    with pytest.raises(ClusterError, match="would give other numbers: speciosa here"):
        workers.require(version_of_this_process)
    workers.require(processor_of_this_process)
    assert "twelve digits" in workers.notes[0]


def test_predictions_are_the_same_on_a_cluster(workers: Cluster) -> None:
    rows: list[Observation] = [row for row in read("plasma").rows if row.n and row.n < 20][:14]
    options = Options(draws=10)
    alone, failed = predict(rows, options)
    spread, lost = predict_on(workers, rows, options)
    assert spread == alone and failed == lost
    assert len(alone) > 10 and np.isfinite([row.predicted for row in alone]).all()


def living(found: Cluster) -> list[int]:
    """The processes of two workers, once both answer."""
    while True:
        answers = found.client.run(os.getpid, on_error="ignore")
        if len(answers) == 2:
            return sorted(answers.values())
        time.sleep(0.1)


TRIAL = """
title = "Naproxen"
[population]
patients = 20
draws = 2
[[arms]]
name = "Naproxen"
regimen = "500 mg naproxen oral every 12 h x 28"
[[arms]]
name = "Placebo"
regimen = "none"
[design]
kind = "titration"
steps = [1, 2]
adjust = ["1 wk"]
up = "pain_nrs > 4"
size = 40
visits = ["0 wk", "1 wk", "2 wk"]
[endpoint]
output = "pain_nrs"
[adherence]
doses = 0.8
[simulation]
replicates = 20
truth = 1000
"""


@pytest.mark.slow
def test_a_trial_is_the_same_on_a_cluster(workers: Cluster) -> None:
    asked = parse_trial(TRIAL)
    there, here = sp.trial(asked, cluster=workers), sp.trial(asked, threads=1)
    assert there.as_dict() == here.as_dict()
    assert there.trials().equals(here.trials())


@pytest.mark.slow
def test_a_worker_killed_at_ten_moments_changes_no_byte(tmp_path: Path) -> None:
    study = small(draws=40)
    alone = bits(run_study(study))
    random = np.random.default_rng(5)
    with cluster("local:2") as found:
        for moment in range(10):
            pids = living(found)
            killer = threading.Timer(
                random.uniform(0, 2), os.kill, (pids[moment % 2], signal.SIGKILL)
            )
            killer.start()
            assert bits(run_study(study, cluster=found, chunk=20)) == alone
            killer.join()
