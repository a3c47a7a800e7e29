"""Runs for many readers at once: shared where they are equal, in line where they are not, given up when nobody waits."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("shiny", reason="needs the extra `app`")

from speciosa.app.asking.questions import ask, sized
from speciosa.app.asking.state import read_query
from speciosa.app.limits import LIMITS
from speciosa.app.running.runs import Busy, Cancelled, Runs, Ticket
from speciosa.app.serving.server import kept_between_starts
from speciosa.study import Study


def question(dose: float, patients: int = 4, draws: int = 1) -> Study:
    study = ask(
        read_query(
            f"arm1={dose:g} mg oxycodone oral every 6 h x 4&name1=Oxycodone&arm2=absent&days=2"
        )
    ).study
    assert study is not None
    return sized(study, (patients, draws))


@pytest.fixture
def runs() -> Iterator[Runs]:
    made = Runs()
    yield made
    made.close()


def test_equal_requests_share_one_run(runs: Runs) -> None:
    async def both() -> None:
        study = question(10)
        one, other = await asyncio.gather(
            *(runs.run(study, Ticket(), preview=True) for _ in range(2))
        )
        assert one is other
        assert await runs.run(study, Ticket(), preview=True) is one

    asyncio.run(both())


def test_a_page_that_several_want_is_made_once_and_a_failed_one_again(runs: Runs) -> None:
    made = []

    def page() -> str:
        made.append(len(made))
        if len(made) == 1:
            raise ValueError("first")
        return f"page {len(made)}"

    async def several() -> None:
        with pytest.raises(ValueError, match="first"):
            await runs.once("key", page)
        found = await asyncio.gather(*(runs.once("key", page) for _ in range(5)))
        assert found == ["page 2"] * 5
        assert await runs.once("other", page) == "page 3"

    asyncio.run(several())


def test_twenty_different_requests_are_all_answered(runs: Runs) -> None:
    async def all_of_them() -> None:
        doses = [5 + n / 2 for n in range(20)]
        found = await asyncio.gather(
            *(runs.run(question(dose), Ticket(), preview=True) for dose in doses)
        )
        asked = [run.study.arms[0].regimen for run in found]
        assert asked == [f"{dose:g} mg oxycodone oral every 6 h x 4" for dose in doses]
        assert runs.waiting == {True: 0, False: 0}

    asyncio.run(all_of_them())


def test_a_run_stops_only_when_all_who_wait_for_it_have_gone(runs: Runs) -> None:
    async def leave() -> None:
        study = question(20, 200, 40)
        tickets = [Ticket(), Ticket()]
        asked = [asyncio.ensure_future(runs.run(study, t, preview=False)) for t in tickets]
        await asyncio.sleep(0)
        tickets[0].cancel()
        await asyncio.sleep(0.05)
        assert not asked[1].done()
        tickets[1].cancel()
        with pytest.raises(Cancelled):
            await asked[1]
        with pytest.raises(Cancelled):
            await asked[0]

    asyncio.run(leave())


def test_previews_go_before_a_full_run(runs: Runs) -> None:
    async def order() -> None:
        ended: list[str] = []

        async def timed(name: str, study: Study, preview: bool) -> None:
            await runs.run(study, Ticket(), preview=preview)
            ended.append(name)

        await runs.run(question(9), Ticket(), preview=True)
        whole = asyncio.ensure_future(timed("full", question(10, 100, 6), False))
        await asyncio.gather(*(timed("preview", question(dose), True) for dose in range(11, 15)))
        await whole
        assert ended == ["preview"] * 4 + ["full"]

    asyncio.run(order())


def test_a_line_that_is_too_long_is_refused() -> None:
    runs = Runs(replace(LIMITS, waiting=1))

    async def crowd() -> None:
        first = asyncio.ensure_future(runs.run(question(10), Ticket(), preview=True))
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="busy"):
            await runs.run(question(11), Ticket(), preview=True)
        await first

    asyncio.run(crowd())
    runs.close()


@pytest.mark.parametrize(
    ("waiting", "size"), [(0, (100, 2)), (1, (100, 2)), (2, (50, 1)), (60, (50, 1))]
)
def test_previews_are_smaller_while_others_wait(
    runs: Runs, waiting: int, size: tuple[int, int]
) -> None:
    runs.waiting[True] = waiting
    assert runs.preview_size() == size


def test_what_is_kept_in_memory_is_bounded() -> None:
    runs = Runs(replace(LIMITS, cached_bytes=1_200_000))

    async def many() -> None:
        for dose in range(6):
            await runs.run(question(5 + dose), Ticket(), preview=True)
        assert 1 <= len(runs._kept) < 4

    asyncio.run(many())
    runs.close()


def test_only_the_arms_of_the_first_preview_are_kept_between_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECIOSA_CACHE", str(tmp_path))
    earlier = kept_between_starts("earlier")
    assert earlier is not None and earlier.is_relative_to(tmp_path)
    (earlier / "arm.npz").write_bytes(b"")
    now = kept_between_starts("now")
    assert now is not None and now.is_dir() and not earlier.exists()
    (now / "arm.npz").write_bytes(b"")
    assert kept_between_starts("now") == now
    assert [path.name for path in now.iterdir()] == ["arm.npz"]


def test_a_run_that_waits_for_others_knows_its_place() -> None:
    runs = Runs(replace(LIMITS, full_runs=1))
    places: list[list[int]] = []

    async def three() -> None:
        tickets = [Ticket(reader) for reader in "abc"]
        work = [
            asyncio.ensure_future(runs.run(question(5 + n, 40, 8), ticket, preview=False))
            for n, ticket in enumerate(tickets)
        ]
        while not all(task.done() for task in work):
            places.append([runs.place_in_line(ticket) for ticket in tickets])
            await asyncio.sleep(0.002)
        places.append([runs.place_in_line(ticket) for ticket in tickets])

    try:
        asyncio.run(three())
    finally:
        runs.close()
    assert {0, 1, 2} >= {place for _, _, place in places}
    assert [0, 1, 2] in places and [0, 0, 1] in places
    assert places[-1] == [0, 0, 0]
