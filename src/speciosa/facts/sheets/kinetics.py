"""What a sheet says of a substance's way through the body: in, around and out."""

from typing import Literal

from pydantic import model_validator

from speciosa.facts.sheets.number import Enzyme, SheetParameter, SheetRecord
from speciosa.regimen import ROUTES

Organ = Literal["liver", "gut", "kidney", "plasma", "other"]


class Disposition(SheetRecord):
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


class Pathway(SheetRecord):
    """One way out of the body: an enzyme or an organ, its share of the systemic clearance, what it forms.

    Attributes:
        fraction: share of systemic clearance; the pathways of a sheet sum to 1.
        metabolite: the substance formed, where it has a sheet of its own.
        formed: moles of the metabolite that reach the circulation per mole cleared this way.
        presystemic: moles of the metabolite that reach the circulation per mole of the dose swallowed, formed in gut
            wall and liver before the parent ever circulated; where the disposition is apparent, per mole of dose
            times F, since a poorer product brings less of both.
        saturable: switch of capacity-limited formation: half of it is lost at this concentration of parent in plasma.
    """

    enzyme: Enzyme
    organ: Organ = "liver"
    fraction: SheetParameter
    metabolite: str | None = None
    formed: SheetParameter | None = None
    presystemic: SheetParameter | None = None
    saturable: SheetParameter | None = None


class FirstPass(SheetRecord):
    """What gut wall and liver let through of a swallowed dose: F = Fa Fg Fh.

    Fh and Fg respond to enzyme activity a as 1 / (1 + a (1/F - 1)), the well-stirred organ; Fa is F / (Fg Fh).
    """

    Fg: SheetParameter
    Fh: SheetParameter
    gut_enzyme: Enzyme = "cyp3a"


class Path(SheetRecord):
    """One way in. Steps in order, each skipped where absent.

    Lag; zero-order release over `duration`; first-order release `k_release`; `n_transit` transit compartments with
    mean time `mtt`; first-order absorption `ka` into the central compartment. `swallowed` marks the path of the part of a
    dose under the tongue, in the cheek or in the nose that is swallowed: it meets the first pass of an oral dose.
    """

    fraction: SheetParameter | None = None
    lag: SheetParameter | None = None
    duration: SheetParameter | None = None
    k_release: SheetParameter | None = None
    mtt: SheetParameter | None = None
    n_transit: SheetParameter | None = None
    ka: SheetParameter | None = None
    over_wear: bool = False
    swallowed: bool = False

    @model_validator(mode="after")
    def _paired(self) -> "Path":
        if (self.n_transit is None) != (self.mtt is None):
            raise ValueError("n_transit goes with mtt: how many compartments, and their mean time")
        return self


class Absorption(SheetRecord):
    """How one form by one route gets in: bioavailability and one or more parallel paths.

    Attributes:
        route: as in regimens.
        form: the form that products name, such as ``ir``, ``er``, ``film``, ``patch``, ``tea``; ``any`` for all.
        F: bioavailability of the dose, as base, that the product holds.
        F_dose_power: F is multiplied by (dose / F_reference_dose) to this power.
        F_most: and does not rise above this for small doses.
        wear: how long a patch stays on where the regimen does not say; its dose is a rate.
        loading: of what a patch releases over `wear`, the share that it releases beyond its constant rate at first.
        loading_time: over how long it does.
        paths: parallel ways in; their fractions sum to 1 (one may be left out and takes the rest).
    """

    route: str
    form: str = "any"
    F: SheetParameter
    F_dose_power: SheetParameter | None = None
    F_reference_dose: SheetParameter | None = None
    F_most: SheetParameter | None = None
    wear: SheetParameter | None = None
    loading: SheetParameter | None = None
    loading_time: SheetParameter | None = None
    paths: tuple[Path, ...] = ()
    rows: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _sane(self) -> "Absorption":
        if self.route not in ROUTES:
            raise ValueError(f"route is one of {', '.join(ROUTES)}")
        if not self.paths and self.route != "iv":
            raise ValueError("every route but iv needs at least one path")
        if (self.F_dose_power is None) != (self.F_reference_dose is None):
            raise ValueError("F_dose_power goes with F_reference_dose, at which F is as stated")
        if (self.loading is None) != (self.loading_time is None):
            raise ValueError("loading goes with loading_time, over which it is released")
        if self.loading is not None and self.wear is None:
            raise ValueError("loading is a share of what is released over wear, and goes with it")
        if self.F_most is not None and self.F_dose_power is None:
            raise ValueError("F_most bounds what F_dose_power makes of F, and goes with it")
        stated = [path.fraction.value for path in self.paths if path.fraction is not None]
        without = len(self.paths) - len(stated)
        if (
            without > 1
            or sum(stated) > 1 + 1e-9
            or (not without and abs(sum(stated) - 1) > 1e-6 and stated)
        ):
            raise ValueError("fractions of the paths sum to 1, one of them may be left out")
        return self
