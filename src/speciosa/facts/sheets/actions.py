"""What a sheet says a substance does to the enzymes of others."""

from pydantic import model_validator

from speciosa.facts.sheets.number import Enzyme, SheetParameter, SheetRecord


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
