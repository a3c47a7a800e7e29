"""Which rows of the fact base a pool holds: the definitions of `data/pools.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


def groups(spec: Mapping[str, Any]) -> list[list[str]]:
    """The rows of a definition by study: one row each, or those whose treated arms are summed."""
    single = [[row] for row in spec.get("rows", spec.get("values", []))]
    return single + [list(rows) for rows in spec.get("combine", [])]


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """The definitions of all pools, in the order of the file."""
    return tomllib.loads(
        (files("speciosa.evidence") / "data" / "pools.toml").read_text(encoding="utf-8")
    )
