"""The numbers of a model sheet, each with its unit, its rows and its spread, and how a patient changes them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from speciosa.units import factor

Enzyme = Literal[
    "cyp3a", "cyp2d6", "cyp2b6", "cyp2c9", "cyp2c19", "cyp2c8", "cyp1a2", "ugt", "ugt2b7", "ugt1a1",
    "renal", "esterase", "reductase", "other",
]  # fmt: skip


class SheetRecord(BaseModel):
    """A part of a sheet, frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SheetParameter(SheetRecord):
    """One number of a sheet with its unit, its rows and its spread between patients.

    Attributes:
        value: typical value in `unit`, for an adult of the sheet's reference weight.
        rows: fact rows that it comes from; the first one decides how sure it is.
        how: how it was got from the rows, where it is not the printed value.
        guess: why this number, where no row gives it.
        omega: standard deviation between patients on `scale`; 0 where none is known.
        omega_rows: fact rows of `omega`; `omega_guess` where there is none.
        cv: coefficient of variation of the typical value, where the general rule is overruled (then `how` says why).
        fixed: a constant without uncertainty, such as a molar mass or a number of compartments.
    """

    value: float
    unit: str = "1"
    rows: tuple[str, ...] = ()
    how: str = ""
    guess: str = ""
    omega: float = Field(default=0.0, ge=0, le=3)
    omega_rows: tuple[str, ...] = ()
    omega_guess: str = ""
    scale: Literal["log", "logit"] = "log"
    cv: float | None = Field(default=None, gt=0, le=3)
    fixed: bool = False

    @model_validator(mode="after")
    def _founded(self) -> "SheetParameter":
        if not self.rows and not self.guess:
            raise ValueError("a number needs rows or a guess that says what it rests on")
        if self.omega and not self.omega_rows and not self.omega_guess:
            raise ValueError("an omega needs omega_rows or omega_guess")
        if self.cv is not None and not self.how:
            raise ValueError("a cv that overrules the rule needs a reason in how")
        return self

    def to(self, unit: str) -> float:
        """The value in another unit of the same dimension.

        Example:
            >>> SheetParameter(value=1.26, unit="L/min", rows=("comparators-0169",)).to("L/h")
            75.6
        """
        return self.value * factor(self.unit, unit)


class Covariate(SheetRecord):
    """How one property of a patient changes one parameter.

    `form` is ``power``: (x / reference) ** coefficient; ``linear``: 1 + coefficient (x - reference);
    ``exponential``: exp(coefficient (x - reference)); ``category``: the factor of the patient's category in `levels`,
    1 for any other. `low` and `high` cap x first.
    """

    name: str
    on: str
    form: Literal["power", "linear", "exponential", "category"]
    unit: str = "1"
    reference: float | None = None
    coefficient: SheetParameter | None = None
    levels: dict[str, float] = Field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    rows: tuple[str, ...] = ()
    guess: str = ""
