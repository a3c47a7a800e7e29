"""The option `--cluster`, of every command that simulates."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from speciosa.workers import Cluster

ClusterOption = Annotated[
    str | None,
    typer.Option(
        help="Where to simulate: local:N for N processes here, tcp://HOST:PORT of a Dask scheduler, "
        "or a TOML file that names a queue of jobs."
    ),
]


@contextmanager
def workers(address: str | None) -> "Iterator[Cluster | None]":
    """The workers of an address, or none where none is given; says what a reader must know of them."""
    import sys

    if address is None:
        yield None
        return
    from speciosa.workers import cluster

    with cluster(address) as found:
        yield found
        for note in found.notes:
            print(note, file=sys.stderr)
