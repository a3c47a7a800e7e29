"""Interactions as mechanism: enzymes of liver and gut wall that other substances block, destroy and make more of.

The enzyme E of an organ, 1 at rest, with the unbound concentrations I_j of the perpetrators there::

    dE/dt = kdeg (1 + sum_j Emax_j I_j / (EC50_j + I_j)) - E (kdeg + sum_j kinact_j I_j / (KI_j + I_j))
    activity = E / (1 + sum_j I_j / Ki_j) times phenotype and organ function

In the liver I = fu (C + J / Q_h), with J what is just arriving from the gut: the concentration at the inlet. In the
gut wall I = fu_gut J_gut / Q_ent + fu C: what is being absorbed, diluted in the flow through the enterocytes, all of it
unbound where the sheet does not say otherwise. Reversible inhibition alone needs no state. Metabolites act like what is
given. A substance acts on its own clearance where its sheet says so (`own`), and otherwise not, since its parameters
were measured with its own effect in them. Sources: Rostami-Hodjegan A, Tucker G, Drug Discov Today Technol 2004;1:441,
doi:10.1016/j.ddtec.2004.10.002; FDA guidance In Vitro Drug Interaction Studies (2020).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy

from speciosa.facts.sheets.sheet import Perpetration, Sheet
from speciosa.model import Model
from speciosa.pharmacology.exposure.disposition import Body
from speciosa.pharmacology.exposure.enzymes import turnover
from speciosa.pharmacology.exposure.metabolism import Activity
from speciosa.pharmacology.exposure.physiology import flow, organ_function, phenotype

AFFECTED = ("liver", "gut")

OWN = {
    "kidney": frozenset({"egfr", "renal", "crcl", "gfr", "scr"}),
    "liver": frozenset({"hepatic", "child_pugh"}),
}
"""Covariates on a sheet's clearance that already say what an organ's function does; it is then not counted twice."""


@dataclass(frozen=True)
class Perpetrator:
    """A substance that acts on an enzyme, and where it is.

    Attributes:
        body: the substance.
        arriving: what is reaching plasma from the gut now, nmol/h, at typical first pass.
    """

    body: Body
    arriving: sympy.Expr

    def effects(self, enzyme: str) -> list[Perpetration]:
        """What it does to an enzyme."""
        return [entry for entry in self.body.sheet.interactions if entry.enzyme == enzyme]

    def unbound(self, m: Model, organ: str, total: bool) -> sympy.Expr:
        """Its concentration at an enzyme of an organ, nmol/L."""
        fu = sympy.Integer(1) if total else self.body.fu
        first = self.body.sheet.first_pass
        survives = self.body.bind("first_pass.Fh", "1") if first is not None else sympy.Integer(1)
        after_gut = self.arriving / survives
        if organ == "liver":
            return fu * (self.body.concentration + after_gut / flow(m, "hepatic_blood_flow"))
        kept = self.body.bind("first_pass.Fg", "1") if first is not None else sympy.Integer(1)
        has = not total and self.body.sheet.disposition.fu_gut is not None
        fu_gut = self.body.bind("disposition.fu_gut", "1") if has else sympy.Integer(1)
        return fu_gut * after_gut / kept / flow(m, "enterocyte_flow") + fu * self.body.concentration


@dataclass
class Enzymes:
    """The enzymes of a model, each pool made once and only when a victim meets it."""

    model: Model
    perpetrators: Mapping[str, Perpetrator] = field(default_factory=dict)
    _made: dict[tuple[str, str, tuple[str, ...]], sympy.Expr] = field(default_factory=dict)

    def met_by(self, victim: Sheet) -> Activity:
        """The activities that one substance meets: everybody's doing, and its own where the sheet says so."""
        stated = {entry.name for entry in victim.covariates if entry.on == "CL"}

        def activity(enzyme: str, organ: str) -> sympy.Expr:
            base = phenotype(self.model, enzyme)
            if not stated & OWN.get(organ, frozenset()):
                base = base * organ_function(self.model, organ, enzyme)
            return base * self._pool(enzyme, organ, victim.substance)

        return activity

    def rest_for(self, victim: Sheet) -> bool:
        """Whether no substance of the model touches the enzymes of this one."""
        enzymes = {path.enzyme for path in victim.pathways}
        if victim.first_pass is not None:
            enzymes.add(victim.first_pass.gut_enzyme)
        return not any(
            self._acts(name, enzyme, organ, victim.substance)
            for name in self.perpetrators
            for enzyme in enzymes
            for organ in AFFECTED
        )

    def _pool(self, enzyme: str, organ: str, victim: str) -> sympy.Expr:
        if organ not in AFFECTED:
            return sympy.Integer(1)
        acting = tuple(
            name for name in self.perpetrators if self._acts(name, enzyme, organ, victim)
        )
        if not acting:
            return sympy.Integer(1)
        key = (enzyme, organ, acting)
        if key not in self._made:
            self._made[key] = self._make(enzyme, organ, acting)
        return self._made[key]

    def _acts(self, name: str, enzyme: str, organ: str, victim: str) -> bool:
        return any(
            (organ == "liver" or entry.gut) and (name != victim or entry.own)
            for entry in self.perpetrators[name].effects(enzyme)
        )

    def _make(self, enzyme: str, organ: str, acting: tuple[str, ...]) -> sympy.Expr:
        m = self.model
        blocked: sympy.Expr = sympy.Integer(1)
        lost: sympy.Expr = sympy.Integer(0)
        more: sympy.Expr = sympy.Integer(1)
        for name in acting:
            perpetrator = self.perpetrators[name]
            for entry in perpetrator.effects(enzyme):
                if organ == "gut" and not entry.gut:
                    continue
                bind, label = perpetrator.body.bind, f"interactions.{enzyme}"
                there = perpetrator.unbound(m, organ, entry.total)
                if entry.Ki is not None:
                    blocked += there / bind(f"{label}.Ki", "nmol/L")
                if entry.KI is not None:
                    half = bind(f"{label}.KI", "nmol/L")
                    lost += bind(f"{label}.kinact", "1/h") * there / (half + there)
                if entry.Emax is not None:
                    half = bind(f"{label}.EC50", "nmol/L")
                    most = "Emax_gut" if organ == "gut" and entry.Emax_gut is not None else "Emax"
                    more += bind(f"{label}.{most}", "1") * there / (half + there)
        if lost == 0 and more == 1:
            return 1 / blocked
        suffix = "" if len(acting) == len(self.perpetrators) else "_by_" + "_".join(acting)
        pool = m.state(f"{enzyme}_{organ}{suffix}", "1", initial=1)
        loss = turnover(m, enzyme, organ)
        m.rate(pool, loss * more - (loss + lost) * pool)
        return pool / blocked
