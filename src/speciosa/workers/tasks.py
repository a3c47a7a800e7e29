"""Tasks on the workers of a cluster, and what becomes of those whose worker dies."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from speciosa.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client, Future

_PROCESSOR = "processor"
RETRIES = 2
"""How often a task is tried again that was lost with its worker."""


@dataclass(frozen=True)
class Task:
    """A call that any worker can make.

    Attributes:
        key: names the result; the same key stands for the same numbers, always.
        function: of a module, so that workers find it by its name.
        arguments: small, since they travel.
    """

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()


@dataclass
class Cluster:
    """Workers that run tasks; made by `speciosa.workers.cluster`.

    Attributes:
        client: of Dask.
        identity: tells by name what must be the same on every worker for numbers to be the same.
        notes: what a reader of the numbers must know of the workers.
    """

    client: "Client"
    identity: Callable[[], Mapping[str, str]] | None = None
    notes: tuple[str, ...] = ()
    _expected: Mapping[str, str] = field(default_factory=dict)

    def require(self, identity: Callable[[], Mapping[str, str]]) -> None:
        """Refuses workers whose `identity` differs from this process's, now and when they come later.

        Another processor is no reason: numbers then agree to twelve digits, and `notes` says so.

        Raises:
            ClusterError: names what differs.
        """
        here = dict(identity())
        answers = self.client.run(identity, on_error="return")
        # A worker that dies meanwhile gives no answer; those that come later are asked with each task.
        found = [(w, a) for w, a in sorted(answers.items()) if not isinstance(a, OSError)]
        for worker, there in found:
            if isinstance(there, BaseException):
                raise ClusterError(f"{worker} cannot say what it runs: {type(there).__name__}.")
            _agree(here, there, worker)
        self.identity, self._expected = identity, here
        unlike = sorted({there[_PROCESSOR] for _, there in found} - {here[_PROCESSOR]})
        if unlike:
            told = f"Workers run on other processors ({', '.join(unlike)}) than this one"
            self.notes = (f"{told}: numbers agree to twelve digits, not to the last.",)

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Any]]:
        """Runs tasks; yields each with its result as it is done.

        Raises:
            ClusterError: after everything else is done, which tasks failed, by key, with the last message of each.
        """
        from distributed import as_completed

        by_key = {task.key: task for task in tasks}
        futures = [self._submitted(task, rank) for rank, task in enumerate(by_key.values())]
        failed: list[str] = []
        try:
            for future in as_completed(futures, loop=self.client.loop):
                task = by_key[future.key]
                if future.status == "finished":
                    yield task, future.result()
                    future.release()
                else:
                    failed.append(f"{task.key}: {_why(future)}")
        finally:
            self.client.cancel(futures)
        if failed:
            count = f"{len(failed)} of {len(by_key)} tasks failed"
            raise ClusterError("\n".join([f"{count}; the others are kept.", *sorted(failed)]))

    def _submitted(self, task: Task, rank: int) -> "Future[Any]":
        return self.client.submit(
            _perform,
            task.function,
            task.arguments,
            self.identity,
            self._expected,
            key=task.key,
            retries=RETRIES,
            priority=-rank,
        )


def _perform(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    identity: Callable[[], Mapping[str, str]] | None,
    expected: Mapping[str, str],
) -> Any:
    if identity is not None:
        _agree(expected, identity(), "a worker")
    return function(*arguments)


def _agree(expected: Mapping[str, str], found: Mapping[str, str], worker: str) -> None:
    gaps = [
        f"{name} here {expected.get(name, 'absent')}, there {found.get(name, 'absent')}"
        for name in sorted({*expected, *found})
        if name != _PROCESSOR and expected.get(name) != found.get(name)
    ]
    if gaps:
        raise ClusterError(f"{worker} would give other numbers: {'; '.join(gaps)}.")


def _why(future: "Future[Any]") -> str:
    error = future.exception()
    return f"{type(error).__name__}: {error}".splitlines()[0] if error else str(future.status)
