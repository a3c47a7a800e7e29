"""Starting workers or joining those that are there, and leaving nothing behind."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from speciosa.errors import ClusterError, MissingExtraError
from speciosa.workers.address import Jobs, Local, Scheduler, address_of
from speciosa.workers.tasks import Cluster

_LOOPBACK = "127.0.0.1:0"  # any free port, for this machine alone
PATIENCE_S = 10
"""How long a scheduler may take to answer."""
_SETTINGS = {
    # so that what kills every worker it meets ends the run, and not the cluster
    "distributed.scheduler.allowed-failures": 3,
    # a worker that is lost is known within seconds
    "distributed.comm.timeouts.connect": f"{PATIENCE_S}s",
    "distributed.admin.tick.limit": "60s",
}


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """Workers for `compare`, `run_study` and `validate`, until the end of the block.

    Args:
        address: ``local:N`` starts N processes on this machine, reached by no other; ``tcp://HOST:PORT`` or
            ``tls://HOST:PORT`` joins a scheduler that is there (certificates as Dask is configured); a ``.toml`` file names
            a ``queue`` (slurm, pbs, sge, lsf) and the number of ``jobs``, and passes its other keys to ``dask_jobqueue``.

    Raises:
        InputError: no such way to name workers.
        MissingExtraError: Dask is not installed.
        ClusterError: the scheduler does not answer within 10 s.

    Example:
        >>> import speciosa as sp
        >>> with sp.cluster("local:2") as workers:  # doctest: +SKIP
        ...     sp.compare("default", cluster=workers)
    """
    where = address_of(address)
    try:
        import dask
        import distributed
    except ImportError:
        raise MissingExtraError("cluster", "dask and distributed") from None
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(_SETTINGS))
        target: Any = where.url if isinstance(where, Scheduler) else None
        if isinstance(where, Local):
            target = stack.enter_context(_local(where.workers))
        elif isinstance(where, Jobs):
            target = stack.enter_context(_queued(where))
        try:
            client = distributed.Client(target, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, TimeoutError) as error:
            why = f"{type(error).__name__}: {error}".splitlines()[0]
            raise ClusterError(
                f"{address} does not answer within {PATIENCE_S} s ({why})."
            ) from None
        stack.enter_context(client)
        client.register_plugin(_calm())
        yield Cluster(client)


def _calm() -> Any:
    """Lets a Ctrl-C at the terminal end this process alone, which then ends the workers in good order."""
    import signal

    from distributed import WorkerPlugin

    class Calm(WorkerPlugin):
        name = "speciosa-calm"

        def setup(self, worker: Any) -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return Calm()


def _local(workers: int) -> Any:
    import logging

    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=_LOOPBACK,
        worker_dashboard_address=_LOOPBACK,
        scheduler_kwargs={"dashboard": False},
        silence_logs=logging.CRITICAL,
    )


def _queued(where: Jobs) -> Any:
    try:
        import dask_jobqueue
        import dask_jobqueue.local
    except ImportError:
        raise MissingExtraError("cluster", "dask_jobqueue") from None
    kinds = {
        "slurm": dask_jobqueue.SLURMCluster,
        "pbs": dask_jobqueue.PBSCluster,
        "sge": dask_jobqueue.SGECluster,
        "lsf": dask_jobqueue.LSFCluster,
        "local": dask_jobqueue.local.LocalCluster,
    }
    found = kinds[where.queue](**where.options)
    found.scale(jobs=where.jobs)
    return found
