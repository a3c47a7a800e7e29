"""Progress of long work: a callback that any room may call, and its picture on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Called with a stage in words, the work done and the whole of it, in units of that stage."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...  # noqa: D102


quiet = False
"""Whether the command line was asked to tell nothing of progress."""


def hush() -> None:
    """Tells nothing of progress from now on."""
    global quiet
    quiet = True


def silent(stage: str, done: int, total: int) -> None:
    """Says nothing."""


@contextmanager
def on_terminal(enabled: bool = True) -> Iterator[Progress]:
    """A progress bar a stage on the error stream; nothing where that is no terminal.

    Args:
        enabled: False keeps quiet on a terminal too.
    """
    if quiet or not (enabled and sys.stderr.isatty()):
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    # The stream of the process: that of the command line lets no controls of a terminal through.
    with Bars(*columns, console=Console(file=sys.__stderr__)) as bars:
        tasks: dict[str, int] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield show
