"""Where workers are, in words: ``local:4``, ``tcp://host:8786``, or a file that says how a queue of jobs starts them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from speciosa.errors import Fault, InputError
from speciosa.toml_text import read_toml

MOST_LOCAL, MOST_JOBS = 256, 10_000
QUEUES = ("slurm", "pbs", "sge", "lsf", "local")
"""What starts jobs; ``local`` runs them as processes of this machine, to try a file out."""
_WAYS = "local:N, tcp://HOST:PORT, tls://HOST:PORT, or a .toml file that names a queue"


@dataclass(frozen=True)
class Local:
    """So many worker processes on this machine."""

    workers: int


@dataclass(frozen=True)
class Scheduler:
    """A Dask scheduler that is already there."""

    url: str


@dataclass(frozen=True)
class Jobs:
    """Workers that a queue starts as jobs.

    Attributes:
        queue: one of `QUEUES`.
        jobs: how many.
        options: passed on to ``dask_jobqueue``, such as ``cores``, ``memory``, ``walltime``.
    """

    queue: str
    jobs: int
    options: Mapping[str, Any] = field(default_factory=dict)


def address_of(text: str) -> Local | Scheduler | Jobs:
    """Reads where workers are.

    Raises:
        InputError: none of the ways to say it.

    Example:
        >>> address_of("local:4")
        Local(workers=4)
    """
    local = re.fullmatch(r"local(?::([0-9]{1,6}))?", text)
    if local:
        count = int(local[1]) if local[1] else 2
        if not 1 <= count <= MOST_LOCAL:
            raise InputError(Fault("cluster", f"1 to {MOST_LOCAL} local workers", str(count)))
        return Local(count)
    if re.fullmatch(r"(tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[\w.-]+):[0-9]{1,5}", text):
        return Scheduler(text)
    if text.endswith(".toml"):
        return _jobs(Path(text))
    raise InputError(Fault("cluster", _WAYS, text or "nothing"))


def _jobs(path: Path) -> Jobs:
    try:
        table = read_toml(path.read_text("utf-8"), path.name)
    except OSError as error:
        why = (error.strerror or str(error)).casefold()
        raise InputError(Fault(str(path), "a file that names a queue", why)) from None
    except UnicodeDecodeError:
        raise InputError(Fault(str(path), "text in UTF-8", "other bytes")) from None
    queue, jobs = table.pop("queue", None), table.pop("jobs", None)
    faults = []
    if queue not in QUEUES:
        found = "nothing" if queue is None else repr(queue)
        faults.append(Fault(f"{path.name}, queue", ", ".join(QUEUES), found))
    if not isinstance(jobs, int) or isinstance(jobs, bool) or not 1 <= jobs <= MOST_JOBS:
        found = "nothing" if jobs is None else repr(jobs)
        faults.append(Fault(f"{path.name}, jobs", f"a number from 1 to {MOST_JOBS}", found))
    if faults:
        raise InputError(faults)
    return Jobs(str(queue), int(jobs), table)
