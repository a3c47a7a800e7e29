"""What a sheet says a substance does: to enzymes, at receptors, and how soon it reaches them."""

from typing import Literal

from pydantic import model_validator

from speciosa.facts.sheets.number import Enzyme, SheetParameter, SheetRecord

Receptor = Literal[
    "mor", "kor", "dor", "alpha2a", "5ht1a", "sert", "net", "herg", "alpha1a", "5ht2b"
]


class Perpetration(SheetRecord):
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


class Binding(SheetRecord):
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


class Biophase(SheetRecord):
    """Transfer between plasma and the site of action: ke0 by endpoint where they differ, brain partition unbound."""

    ke0: SheetParameter
    ke0_ventilation: SheetParameter | None = None
    ke0_analgesia: SheetParameter | None = None
    ke0_pupil: SheetParameter | None = None
    Kp_uu: SheetParameter | None = None
