"""What a model sheet holds: the records of its parts, checked against each other when they are made.

A sheet names a substance's structure and numbers; see `speciosa.facts.sheets`, which reads them, and
``docs/model-sheets.md``, which explains every field. Between-patient spread (`omega`) is the standard deviation of a
normal deviate on the log scale, or on the logit scale where `scale` is ``logit``.
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from speciosa.errors import UnknownNameError
from speciosa.regimen import ROUTES
from speciosa.units import factor

Enzyme = Literal[
    "cyp3a", "cyp2d6", "cyp2b6", "cyp2c9", "cyp2c19", "cyp2c8", "cyp1a2", "ugt", "ugt2b7", "ugt1a1",
    "renal", "esterase", "reductase", "other",
]  # fmt: skip
Organ = Literal["liver", "gut", "kidney", "plasma", "other"]
Receptor = Literal[
    "mor", "kor", "dor", "alpha2a", "5ht1a", "sert", "net", "herg", "alpha1a", "5ht2b"
]
Role = Literal["substance", "metabolite", "perpetrator"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SheetParameter(_Record):
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


class Covariate(_Record):
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


class Disposition(_Record):
    """One to three compartments; clearances and volumes of total drug in plasma.

    `apparent` says that an absolute bioavailability is unknown: all clearances and volumes are divided by the F of
    the reference product, whose F is then 1. `fu` is the unbound fraction in plasma, `fu_gut` that in the cells of the
    gut wall of what is being absorbed, 1 where nothing is known.
    """

    compartments: Literal[1, 2, 3]
    apparent: bool = False
    reference_weight: float = 70.0
    CL: SheetParameter
    V1: SheetParameter
    Q2: SheetParameter | None = None
    V2: SheetParameter | None = None
    Q3: SheetParameter | None = None
    V3: SheetParameter | None = None
    weight_on_clearance: SheetParameter
    weight_on_volume: SheetParameter
    fu: SheetParameter | None = None
    fu_gut: SheetParameter | None = None
    blood_to_plasma: SheetParameter | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Disposition":
        for number in (2, 3):
            pair = (getattr(self, f"Q{number}"), getattr(self, f"V{number}"))
            if (number <= self.compartments) != all(pair) or any(pair) != all(pair):
                raise ValueError(
                    f"{self.compartments} compartments need just as many volumes and flows"
                )
        return self

    def flows(self) -> list[tuple[SheetParameter, SheetParameter]]:
        """The peripheral compartments as (intercompartmental clearance, volume)."""
        pairs = [(self.Q2, self.V2), (self.Q3, self.V3)]
        return [(q, v) for q, v in pairs if q is not None and v is not None]


class Pathway(_Record):
    """One way out of the body: an enzyme or an organ, its share of the systemic clearance, what it forms.

    Attributes:
        fraction: share of systemic clearance; the pathways of a sheet sum to 1.
        metabolite: the substance formed, where it has a sheet of its own.
        formed: moles of the metabolite that reach the circulation per mole cleared this way.
        presystemic: moles of the metabolite that reach the circulation per mole of the dose swallowed, formed in gut
            wall and liver before the parent ever circulated; where the disposition is apparent, per mole of dose
            times F, since a poorer product brings less of both.
        presystemic_routes: the routes by which a dose, or part of it, is swallowed.
        saturable: switch of capacity-limited formation: half of it is lost at this concentration of parent in plasma.
    """

    enzyme: Enzyme
    organ: Organ = "liver"
    fraction: SheetParameter
    metabolite: str | None = None
    formed: SheetParameter | None = None
    presystemic: SheetParameter | None = None
    presystemic_routes: tuple[str, ...] = ("oral",)
    saturable: SheetParameter | None = None


class FirstPass(_Record):
    """What gut wall and liver let through of a swallowed dose: F = Fa Fg Fh.

    Fh and Fg respond to enzyme activity a as 1 / (1 + a (1/F - 1)), the well-stirred organ; Fa is F / (Fg Fh).
    """

    Fg: SheetParameter
    Fh: SheetParameter
    gut_enzyme: Enzyme = "cyp3a"


class Path(_Record):
    """One way in. Steps in order, each skipped where absent.

    Lag; zero-order release over `duration`; first-order release `k_release`; `n_transit` transit compartments with
    mean time `mtt`; first-order absorption `ka` into the central compartment.
    """

    fraction: SheetParameter | None = None
    lag: SheetParameter | None = None
    duration: SheetParameter | None = None
    k_release: SheetParameter | None = None
    mtt: SheetParameter | None = None
    n_transit: SheetParameter | None = None
    ka: SheetParameter | None = None
    over_wear: bool = False


class Absorption(_Record):
    """How one form by one route gets in: bioavailability and one or more parallel paths.

    Attributes:
        route: as in regimens.
        form: the form that products name, such as ``ir``, ``er``, ``film``, ``patch``, ``tea``; ``any`` for all.
        F: bioavailability of the dose, as base, that the product holds.
        F_dose_power: F is multiplied by (dose / F_reference_dose) to this power.
        wear: how long a patch stays on where the regimen does not say; its dose is a rate.
        paths: parallel ways in; their fractions sum to 1 (one may be left out and takes the rest).
    """

    route: str
    form: str = "any"
    F: SheetParameter
    F_dose_power: SheetParameter | None = None
    F_reference_dose: SheetParameter | None = None
    wear: SheetParameter | None = None
    paths: tuple[Path, ...] = ()
    rows: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _sane(self) -> "Absorption":
        if self.route not in ROUTES:
            raise ValueError(f"route is one of {', '.join(ROUTES)}")
        if not self.paths and self.route != "iv":
            raise ValueError("every route but iv needs at least one path")
        given = [path.fraction.value for path in self.paths if path.fraction is not None]
        without = len(self.paths) - len(given)
        if (
            without > 1
            or sum(given) > 1 + 1e-9
            or (not without and abs(sum(given) - 1) > 1e-6 and given)
        ):
            raise ValueError("fractions of the paths sum to 1, one of them may be left out")
        return self


class Perpetration(_Record):
    """What the substance does to an enzyme: reversible inhibition, inactivation, induction.

    Concentrations are unbound in plasma (multiply by fu) unless `total`. `gut` says whether the enzyme of the gut wall
    sees it during absorption, `Emax_gut` how far it is induced where that differs from the liver, `own` whether the
    substance's own clearance is changed too (it is not where its numbers were measured with the effect in them).
    """

    enzyme: Enzyme
    Ki: SheetParameter | None = None
    KI: SheetParameter | None = None
    kinact: SheetParameter | None = None
    Emax: SheetParameter | None = None
    EC50: SheetParameter | None = None
    Emax_gut: SheetParameter | None = None
    total: bool = False
    gut: bool = True
    own: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _paired(self) -> "Perpetration":
        if (self.KI is None) != (self.kinact is None) or (self.Emax is None) != (self.EC50 is None):
            raise ValueError("KI goes with kinact and Emax with EC50")
        if self.Emax_gut is not None and (self.Emax is None or not self.gut):
            raise ValueError("Emax_gut goes with Emax and gut")
        if self.Ki is None and self.KI is None and self.Emax is None:
            raise ValueError("at least one of Ki, KI with kinact, Emax with EC50")
        return self


class Binding(_Record):
    """Binding to one receptor or transporter: equilibrium constant, efficacy, kinetics where the ligand is slow."""

    receptor: Receptor
    Ki: SheetParameter | None = None
    efficacy: SheetParameter | None = None
    kon: SheetParameter | None = None
    koff: SheetParameter | None = None
    hill: SheetParameter | None = None
    in_vivo_K: SheetParameter | None = None
    efficacy_class: Literal["full", "partial", "antagonist", "unknown"] = "unknown"
    note: str = ""


class Biophase(_Record):
    """Transfer between plasma and the site of action: ke0 by endpoint where they differ, brain partition unbound."""

    ke0: SheetParameter
    ke0_ventilation: SheetParameter | None = None
    ke0_analgesia: SheetParameter | None = None
    ke0_pupil: SheetParameter | None = None
    Kp_uu: SheetParameter | None = None


class Sheet(_Record):
    """Everything the models take for one substance; see the module and ``docs/model-sheets.md``."""

    substance: str
    role: Role = "substance"
    selected: str
    population: str = ""
    unknown: tuple[str, ...] = ()
    molar_mass: SheetParameter
    disposition: Disposition
    pathways: tuple[Pathway, ...] = ()
    first_pass: FirstPass | None = None
    absorption: tuple[Absorption, ...] = ()
    covariates: tuple[Covariate, ...] = ()
    interactions: tuple[Perpetration, ...] = ()
    receptors: tuple[Binding, ...] = ()
    biophase: Biophase | None = None
    residual_cv: SheetParameter | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Sheet":
        total = sum(path.fraction.value for path in self.pathways)
        if self.pathways and abs(total - 1) > 1e-6:
            raise ValueError(f"fractions of the pathways sum to 1, found {total:g}")
        taken: set[tuple[str, str]] = set()
        for entry in self.absorption:
            if (entry.route, entry.form) in taken:
                raise ValueError(f"absorption {entry.route} {entry.form} is given twice")
            taken.add((entry.route, entry.form))
        named = [name for name, _ in _walk(self, "")]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise ValueError(f"every number has its own name, given twice: {', '.join(twice)}")
        return self

    def parameters(self) -> dict[str, SheetParameter]:
        """Every number of the sheet under a dotted name.

        Example:
            >>> from speciosa.facts.sheets import sheet
            >>> sorted(sheet("morphine_6_glucuronide").parameters())[:3]
            ['absorption.iv.any.F', 'biophase.Kp_uu', 'biophase.ke0']
        """
        return dict(_walk(self, ""))

    def entry(self, route: str, form: str = "any") -> Absorption:
        """The absorption of a form by a route: the exact one, else the one of any form.

        Raises:
            UnknownNameError: the route is not known for this substance; names those that are.
        """
        by_key = {(entry.route, entry.form): entry for entry in self.absorption}
        found = by_key.get((route, form)) or by_key.get((route, "any"))
        if found is None:
            known = [" ".join(key) for key in by_key]
            raise UnknownNameError(f"route of {self.substance}", f"{route} {form}", known)
        return found

    def binding(self, receptor: str) -> Binding | None:
        """What is known of one receptor; None where nothing is."""
        return next((entry for entry in self.receptors if entry.receptor == receptor), None)


def _walk(record: BaseModel, prefix: str) -> Iterator[tuple[str, SheetParameter]]:
    for name in type(record).model_fields:
        value = getattr(record, name)
        if isinstance(value, SheetParameter):
            yield prefix + name, value
        elif isinstance(value, BaseModel):
            yield from _walk(value, f"{prefix}{name}.")
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for number, item in enumerate(value):
                yield from _walk(item, f"{prefix}{name}.{_label(item, number)}.")


def _label(item: BaseModel, number: int) -> str:
    if isinstance(item, Absorption):
        return f"{item.route}.{item.form}"
    if isinstance(item, Pathway):
        return f"{item.enzyme}.{item.metabolite}" if item.metabolite else item.enzyme
    if isinstance(item, Perpetration):
        return item.enzyme
    if isinstance(item, Binding):
        return item.receptor
    if isinstance(item, Covariate):
        return f"{item.name}_on_{item.on}"
    return str(number + 1)
