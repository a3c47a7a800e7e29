"""Reading and writing the driver's data; see `context`. Everything here is compiled with the driver."""

from speciosa.engine.compiler.built_in import (
    call_address,
    load_real,
    load_whole,
    store_real,
    store_whole,
)
from speciosa.engine.stepper.field import WORKSPACE


def number(c: int, field: int) -> int:
    """A plain number of the table."""
    return load_whole(c, field)


def real(c: int, field: int, index: int) -> float:
    """One double of an array."""
    return load_real(load_whole(c, field), index)


def whole(c: int, field: int, index: int) -> int:
    """One integer of an array."""
    return load_whole(load_whole(c, field), index)


def put(c: int, field: int, index: int, value: float) -> None:
    """Sets one double of an array."""
    store_real(load_whole(c, field), index, value)


def put_whole(c: int, field: int, index: int, value: int) -> None:
    """Sets one integer of an array."""
    store_whole(load_whole(c, field), index, value)


def call(c: int, field: int) -> int:
    """Calls a function of the kernel on the workspace."""
    return call_address(load_whole(c, field), load_whole(c, WORKSPACE))


def put_number(c: int, field: int, value: int) -> None:
    """Sets a plain number of the table."""
    store_whole(c, field, value)


def call_table(c: int, field: int) -> int:
    """Calls a function on the table itself."""
    return call_address(load_whole(c, field), c)
