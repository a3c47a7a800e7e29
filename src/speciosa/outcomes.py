"""The one table of outcomes, in which simulation and evidence both end.

One row an (arm, outcome, draw). A draw is one draw of every uncertain parameter and has the same index in every arm,
so that differences, ranks and the value of information are computed draw by draw. What cannot be estimated has no
row; ask `Outcomes.missing` for it. How a row was made is not known here, only its basis and its sources.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from speciosa.errors import Fault, InputError, UnknownNameError
from speciosa.saving import save_whole
from speciosa.shown import Shown

Direction = Literal["benefit", "risk", "neutral"]
Basis = Literal["simulated", "trial evidence", "observational", "assumed"]

SCHEMA = pl.Schema(
    {
        "arm": pl.String(),
        "outcome": pl.String(),
        "draw": pl.Int32(),
        "value": pl.Float64(),
        "unit": pl.String(),
        "direction": pl.String(),
        "basis": pl.String(),
        "sources": pl.List(pl.String()),
    }
)


@dataclass(frozen=True)
class Drawn:
    """One outcome of an arm by draw.

    Attributes:
        outcome: its title.
        values: by draw, shape ``(draws,)``.
        unit: of the values.
        direction: whether more of it is a benefit or a risk.
    """

    outcome: str
    values: ArrayLike
    unit: str
    direction: Direction


@dataclass(frozen=True)
class Outcomes(Shown):
    """Outcomes of every arm, one row an (arm, outcome, draw).

    Attributes:
        table: columns ``arm, outcome, draw, value, unit, direction, basis, sources``.

    Example:
        >>> two = Outcomes.concat([
        ...     Outcomes.of("tea", "pain relief", [0.2, 0.3], "1", "benefit", "simulated", ["model"]),
        ...     Outcomes.of("placebo", "pain relief", [0.1, 0.1], "1", "benefit", "simulated", ["model"]),
        ... ])
        >>> two.difference("pain relief", "tea", "placebo").round(3).tolist()
        [0.1, 0.2]
    """

    table: pl.DataFrame

    @classmethod
    def of(
        cls,
        arm: str,
        outcome: str,
        values: ArrayLike,
        unit: str,
        direction: Direction,
        basis: Basis,
        sources: Sequence[str],
    ) -> "Outcomes":
        """The rows of one arm and outcome, from its values by draw, shape ``(draws,)``."""
        return cls.of_arm(arm, [Drawn(outcome, values, unit, direction)], basis, sources)

    @classmethod
    def of_arm(
        cls, arm: str, drawn: Sequence[Drawn], basis: Basis, sources: Sequence[str]
    ) -> "Outcomes":
        """The rows of one arm: outcome after outcome, each from its values by draw."""
        values = [np.atleast_1d(np.asarray(each.values, dtype=float)) for each in drawn]
        faults = _faults(arm, drawn, values, basis, sources)
        if faults:
            raise InputError(faults)
        if not drawn:
            return cls(pl.DataFrame(schema=SCHEMA))
        counts = [len(found) for found in values]
        # One row an outcome, then repeated: text by text, a frame of lists costs more than a simulation.
        heads = pl.DataFrame(
            {
                "arm": arm,
                "outcome": [each.outcome for each in drawn],
                "unit": [each.unit for each in drawn],
                "direction": [each.direction for each in drawn],
                "basis": basis,
                "sources": [list(sources)] * len(drawn),
            },
            schema_overrides={
                name: SCHEMA[name] for name in SCHEMA if name not in ("draw", "value")
            },
        )
        rows = heads[np.repeat(np.arange(len(drawn)), counts)].with_columns(
            draw=pl.Series(np.concatenate([np.arange(count, dtype=np.int32) for count in counts])),
            value=pl.Series(np.concatenate(values)),
        )
        return cls(rows.select(list(SCHEMA)))

    @classmethod
    def concat(cls, parts: Iterable["Outcomes"]) -> "Outcomes":
        """All rows of `parts`; an (arm, outcome, draw, basis) may occur once only."""
        tables = [part.table for part in parts]
        table = pl.concat(tables) if tables else pl.DataFrame(schema=SCHEMA)
        repeated = table.filter(
            pl.struct("arm", "outcome", "draw", "basis").is_duplicated()
        ).unique(["arm", "outcome"])
        if len(repeated):
            raise InputError(
                Fault(f"{arm}, {outcome}", "one row a draw", "several")
                for arm, outcome in repeated.select("arm", "outcome").iter_rows()
            )
        return cls(table)

    @property
    def arms(self) -> list[str]:
        """Arms in order of first mention."""
        return self.table["arm"].unique(maintain_order=True).to_list()

    @property
    def names(self) -> list[str]:
        """Outcomes in order of first mention."""
        return self.table["outcome"].unique(maintain_order=True).to_list()

    def draws(self, outcome: str, arm: str, basis: Basis | None = None) -> NDArray[np.float64]:
        """Values of one outcome in one arm by draw; empty where it could not be estimated."""
        rows = self._by_pair.get((outcome, arm), self.table.clear())
        if basis is not None:
            rows = rows.filter(pl.col("basis") == basis)
        values: NDArray[np.float64] = rows["value"].to_numpy()
        return values

    @cached_property
    def _by_pair(self) -> dict[tuple[str, str], pl.DataFrame]:
        """Rows by outcome and arm, in the order of draws: answers ask for many pairs of one table."""
        wanted = self.table.select("outcome", "arm", "draw", "value", "basis").sort("draw")
        parts = wanted.partition_by("outcome", "arm", as_dict=True, include_key=False)
        return {(str(outcome), str(arm)): rows for (outcome, arm), rows in parts.items()}

    def difference(self, outcome: str, arm: str, versus: str) -> NDArray[np.float64]:
        """`arm` minus `versus`, draw by draw; both must hold the same draws.

        Raises:
            UnknownNameError: an outcome or an arm that the table does not have, with those that are like it.
            InputError: the outcome is not told of one of them, or the draws differ.
        """
        if outcome not in self.names:
            raise UnknownNameError("outcome", outcome, self.names)
        for name in (arm, versus):
            if name not in self.arms:
                raise UnknownNameError("arm", name, self.arms)
        one, other = self.draws(outcome, arm), self.draws(outcome, versus)
        if len(one) != len(other):
            raise InputError(
                Fault(
                    f"{outcome}",
                    f"the same draws in {arm} and {versus}",
                    f"{len(one)} and {len(other)}",
                )
            )
        return one - other

    def missing(self) -> list[tuple[str, str]]:
        """The (arm, outcome) pairs that some other arm has and this one has not."""
        have = set(self.table.select("arm", "outcome").unique().iter_rows())
        return [(arm, name) for arm in self.arms for name in self.names if (arm, name) not in have]

    def summary(self, interval: float = 0.90) -> pl.DataFrame:
        """Median and central interval by arm, outcome and basis, over the draws."""
        tail = (1 - interval) / 2
        return self.table.group_by("arm", "outcome", "basis", maintain_order=True).agg(
            pl.col("value").median().alias("median"),
            pl.col("value").quantile(tail, "linear").alias("low"),
            pl.col("value").quantile(1 - tail, "linear").alias("high"),
            pl.col("unit", "direction", "sources").first(),
        )

    def write(self, path: Path) -> None:
        """Writes the table as Parquet."""
        table = io.BytesIO()
        self.table.write_parquet(table)
        save_whole(path, table.getvalue())


def _faults(
    arm: str,
    drawn: Sequence[Drawn],
    values: Sequence[NDArray[np.float64]],
    basis: str,
    sources: Sequence[str],
) -> list[Fault]:
    faults = []
    for each in drawn:
        if each.direction not in get_args(Direction):
            known = ", ".join(get_args(Direction))
            faults.append(Fault("direction", f"one of {known}", each.direction))
    if basis not in get_args(Basis):
        faults.append(Fault("basis", "one of " + ", ".join(get_args(Basis)), basis))
    for each, found in zip(drawn, values, strict=True):
        if not np.isfinite(found).all():
            where = f"{arm}, {each.outcome}"
            faults.append(Fault(where, "finite values", "NaN or infinity", "Leave it out."))
        if not sources:
            faults.append(Fault(f"{arm}, {each.outcome}", "at least one source", "none"))
    return faults
