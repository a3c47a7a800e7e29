"""Previews solved in another process are those of the app's own, and a helper that is busy, lost or wrong costs no answer."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("shiny", reason="needs the extra `app`")

from speciosa.app.asking.questions import ask, sized
from speciosa.app.asking.state import read_query
from speciosa.app.running.helper import Helpers
from speciosa.app.running.runs import Runs
from speciosa.study import Study
from speciosa.study.run import run_study


def question(dose: float, patients: int = 4) -> Study:
    query = f"arm1={dose:g} mg oxycodone oral every 6 h x 4&name1=Oxycodone&arm2=absent&days=2"
    study = ask(read_query(query)).study
    assert study is not None
    return sized(study, (patients, 1))


def still_wanted() -> None:
    """Nobody has given up."""


@pytest.fixture(scope="module")
def helpers() -> Iterator[Helpers]:
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs a computer with two cores")
    made = Helpers(1, question(5))
    yield made
    made.close()


def test_a_helper_solves_as_the_app_does(helpers: Helpers, tmp_path: Path) -> None:
    study = question(10)
    found = helpers.solve(study, tmp_path, still_wanted)
    assert found is not None
    own = run_study(study, threads=1)
    assert found.outcomes.table.equals(own.outcomes.table)
    assert found.arms[0].courses.equals(own.arms[0].courses)


def test_a_study_that_fails_there_is_left_to_the_app(helpers: Helpers, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert helpers.solve(question(11), blocked, still_wanted) is None
    assert helpers.solve(question(11), tmp_path, still_wanted) is not None


def test_one_who_gives_up_need_not_wait_and_the_busy_helper_is_not_asked(
    helpers: Helpers, tmp_path: Path
) -> None:
    class Gone(Exception):
        pass

    def gone() -> None:
        raise Gone

    with pytest.raises(Gone):
        helpers.solve(question(12, 2000), tmp_path, gone)
    assert helpers.solve(question(13), tmp_path, still_wanted) is None


def test_an_app_that_has_lost_its_helper_solves_by_itself(tmp_path: Path) -> None:
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs a computer with two cores")
    helpers = Helpers(1, question(5))
    assert helpers._pool is not None
    (process,) = helpers._pool._processes.values()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert helpers.solve(question(10), tmp_path, still_wanted) is None
    helpers.close()


def test_helpers_that_are_on_their_way_end_with_the_app() -> None:
    async def stopped_while_hiring() -> None:
        runs = Runs()
        hiring = asyncio.create_task(runs.hire(question(5)))
        await asyncio.sleep(0.1)
        hiring.cancel()
        runs.close()

    others = set(multiprocessing.active_children())
    asyncio.run(stopped_while_hiring())
    assert set(multiprocessing.active_children()) <= others
