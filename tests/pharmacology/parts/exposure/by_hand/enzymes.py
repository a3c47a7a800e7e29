"""Activity of enzymes written out by hand: phenotype, organ function, and what substances do to each other's."""

from collections.abc import Sequence

import numpy as np
from tests.pharmacology.parts.exposure.by_hand.absorption import Absorbed

from speciosa.facts.sheets.sheet import sheet
from speciosa.pharmacology.covariates import figures

FLOWS = {"hepatic": "hepatic_blood_flow", "gut": "enterocyte_flow"}


class Acting(Absorbed):
    """The same with the enzymes that they meet and change."""

    def in_cirrhosis(self, figure: str) -> float:
        """Perfusion of the sinusoids, or portal shunt, at this patient's hepatic capacity."""
        table = figures()["cirrhosis"]
        points = sorted(zip(table["hepatic"], table[figure], strict=True))
        return float(np.interp(self.at.values["hepatic"], *np.array(points).T))

    def unbound(self, perpetrator: str, organ: str, total: bool) -> float:
        """Concentration of a perpetrator at the enzymes of an organ."""
        of = sheet(perpetrator)
        fu = 1.0
        if of.disposition.fu is not None and not total:
            fu = self.number(perpetrator, "disposition.fu")
        arriving = sum(self.absorbed(way)[1] for way in self.ways if way.substance == perpetrator)
        fg = fh = 1.0
        if of.first_pass is not None:
            fg, fh = (self.number(perpetrator, f"first_pass.{f}") for f in ("Fg", "Fh"))
        if organ == "liver":
            inlet = arriving / fh / self.at.values[FLOWS["hepatic"]] if arriving else 0.0
            return fu * (self.concentration(perpetrator) + inlet)
        fu_gut = 1.0
        if of.disposition.fu_gut is not None and not total:
            fu_gut = self.number(perpetrator, "disposition.fu_gut")
        wall = arriving / (fg * fh) / self.at.values[FLOWS["gut"]] if arriving else 0.0
        return fu_gut * wall + fu * self.concentration(perpetrator)

    def acting(self, enzyme: str, organ: str, victim: str) -> tuple[str, ...]:
        return tuple(
            name
            for name in self.substances
            if any(
                entry.enzyme == enzyme
                and (organ == "liver" or entry.gut)
                and (name != victim or entry.own)
                for entry in sheet(name).interactions
            )
        )

    def pressure(self, enzyme: str, organ: str, acting: Sequence[str]) -> tuple[float, ...]:
        """What the perpetrators do together: 1 + sum I/Ki, the sum of inactivation, 1 + the sum of induction."""
        blocked, lost, more = 1.0, 0.0, 1.0
        for name in acting:
            for entry in sheet(name).interactions:
                if entry.enzyme != enzyme or (organ == "gut" and not entry.gut):
                    continue
                here = self.unbound(name, organ, entry.total)
                label = f"interactions.{enzyme}"
                if entry.Ki is not None:
                    blocked += here / self.number(name, f"{label}.Ki")
                if entry.KI is not None:
                    half = self.number(name, f"{label}.KI")
                    lost += self.number(name, f"{label}.kinact") * here / (half + here)
                if entry.Emax is not None:
                    special = organ == "gut" and entry.Emax_gut is not None
                    most = self.number(name, f"{label}.{'Emax_gut' if special else 'Emax'}")
                    more += most * here / (self.number(name, f"{label}.EC50") + here)
        return blocked, lost, more

    def pool(self, enzyme: str, organ: str, acting: Sequence[str]) -> str | None:
        """The state that holds an enzyme, where there is one."""
        for name in (f"{enzyme}_{organ}_by_{'_'.join(acting)}", f"{enzyme}_{organ}"):
            if name in self.at.states:
                return name
        return None

    def activity(self, enzyme: str, organ: str, victim: str, *, interactions: bool = True) -> float:
        """Activity of an enzyme as a victim meets it: phenotype, organ function, and what others do to it."""
        values = self.at.values
        stated = {entry.name for entry in sheet(victim).covariates if entry.on == "CL"}
        active = {
            "cyp2d6": values.get("cyp2d6", 1.5) / 1.5,
            "cyp2b6": values.get("cyp2b6", 1.0),
            "cyp2c9": values.get("cyp2c9", 1.0),
            "cyp2c19": values.get("cyp2c19", 1.0),
            "cyp3a": values.get("cyp3a", 1.0),
        }.get(enzyme, 1.0)
        filters = organ == "kidney" or enzyme == "renal"
        if filters:
            if organ != "kidney" or not stated & {"egfr", "renal", "crcl", "gfr", "scr"}:
                active *= min(values["egfr"], 90.0) / 90.0
        elif organ == "liver" and not stated & {"hepatic", "child_pugh"}:
            active *= values["hepatic"] ** figures()["cirrhosis"]["power"].get(enzyme, 1.0)
        acting = self.acting(enzyme, organ, victim) if interactions else ()
        if organ not in ("liver", "gut") or not acting:
            return active
        blocked, lost, more = self.pressure(enzyme, organ, acting)
        if lost == 0 and more == 1:
            return active / blocked
        name = self.pool(enzyme, organ, acting)
        assert name is not None
        return active * self.at.states[name] / blocked
