"""The reference numbers of `data/` and how the tests read them."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from speciosa.evidence.effects.effect_sizes import Effects, effect_sizes

DATA = Path(__file__).parent / "data"


def read(name: str) -> pl.DataFrame:
    return pl.read_csv(DATA / name, infer_schema_length=None)


def bcg() -> dict[str, NDArray[np.float64]]:
    t = read("data_bcg.csv")
    columns = {
        "events_t": t["tpos"],
        "n_t": t["tpos"] + t["tneg"],
        "events_c": t["cpos"],
        "n_c": t["cpos"] + t["cneg"],
    }
    return {name: column.to_numpy().astype(float) for name, column in columns.items()}


def hart() -> dict[str, NDArray[np.float64]]:
    t = read("data_hart1999.csv")
    names = {"events_t": "x1i", "time_t": "t1i", "events_c": "x2i", "time_c": "t2i"}
    return {name: t[column].to_numpy().astype(float) for name, column in names.items()}


def effects(dataset: str, measure: str) -> Effects:
    return effect_sizes(measure, bcg() if dataset == "bcg" else hart())


def worst(found: dict[str, float], expected: pl.DataFrame, rtol: float) -> list[str]:
    """Rows of `expected` (quantity, value) that `found` misses by more than `rtol`, in words."""
    wrong = []
    for quantity, value in expected.select("quantity", "value").iter_rows():
        if quantity not in found:
            wrong.append(f"{quantity}: not computed")
        elif not abs(found[quantity] - value) <= rtol * max(abs(value), 1e-9):
            wrong.append(f"{quantity}: {found[quantity]!r}, expected {value!r}")
    return wrong
