"""Heavy work in turns: equal shares for readers, whatever they began before and however much each wants."""

import threading
from time import sleep

import pytest

pytest.importorskip("shiny", reason="needs the extra `app`")

from speciosa.app.running import turns as module
from speciosa.app.running.turns import Turns


class Clock:
    """Time that passes only where work is done."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "monotonic", made)
    return made


def always() -> None:
    pass


def together(turns: Turns, runs: list[tuple[str, int]], clock: Clock) -> list[str]:
    """Who had each slice of a second, where all wait in line before the first begins."""
    done: list[str] = []
    gate = turns.join("gate")
    gate.give_way(always)

    def run(reader: str, slices: int) -> None:
        turn = turns.join(reader)
        for _ in range(slices):
            turn.give_way(always)
            done.append(reader)
            clock.now += 1
        turn.leave()

    threads = [threading.Thread(target=run, args=run_) for run_ in runs]
    for thread in threads:
        thread.start()
    while len(turns._waiting) < len(runs):
        sleep(0.001)
    gate.leave()
    for thread in threads:
        thread.join()
    return done


def until_last(done: list[str], reader: str) -> list[str]:
    return done[: len(done) - done[::-1].index(reader)]


def test_a_reader_who_comes_late_gets_an_equal_share_at_once(clock: Clock) -> None:
    turns = Turns()
    heavy = turns.join("heavy")
    heavy.give_way(always)
    clock.now += 1000
    heavy._rest()
    done = together(turns, [("heavy", 100), ("light", 10)], clock)
    assert 8 <= until_last(done, "light").count("heavy") <= 11
    assert done.count("heavy") == 100
    heavy.leave()


def test_many_runs_of_one_reader_are_one_share(clock: Clock) -> None:
    done = together(Turns(), [("many", 20)] * 4 + [("one", 20)], clock)
    assert until_last(done, "one").count("many") <= 21
    assert len(done) == 100


def test_who_gives_up_while_waiting_leaves_the_line(clock: Clock) -> None:
    turns = Turns()
    first, second, third = (turns.join(name) for name in ("a", "b", "c"))
    first.give_way(always)

    def unwanted() -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        second.give_way(unwanted)
    second.leave()
    first.leave()
    third.give_way(always)
    third.leave()
    assert not turns._waiting and not turns._worked_s
