"""Reading and writing the driver's data; see `context`. Everything here is compiled with the driver."""

from speciosa.engine.compiler.built_in import (
    call_address,
    load_float64,
    load_int64,
    store_float64,
    store_int64,
)
from speciosa.engine.stepper.field import WORKSPACE


def number(c: int, field: int) -> int:
    """A plain number of the table."""
    return load_int64(c, field)


def get_float64(c: int, field: int, index: int) -> float:
    """One double of an array."""
    return load_float64(load_int64(c, field), index)


def get_int64(c: int, field: int, index: int) -> int:
    """One integer of an array."""
    return load_int64(load_int64(c, field), index)


def set_float64(c: int, field: int, index: int, value: float) -> None:
    """Sets one double of an array."""
    store_float64(load_int64(c, field), index, value)


def set_int64(c: int, field: int, index: int, value: int) -> None:
    """Sets one integer of an array."""
    store_int64(load_int64(c, field), index, value)


def call(c: int, field: int) -> int:
    """Calls a function of the kernel on the workspace."""
    return call_address(load_int64(c, field), load_int64(c, WORKSPACE))


def set_number(c: int, field: int, value: int) -> None:
    """Sets a plain number of the table."""
    store_int64(c, field, value)


def call_table(c: int, field: int) -> int:
    """Calls a function on the table itself."""
    return call_address(load_int64(c, field), c)
