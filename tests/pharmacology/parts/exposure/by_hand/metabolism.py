"""Elimination, first pass and metabolites written out by hand."""

import math
from dataclasses import dataclass

from tests.pharmacology.parts.exposure.by_hand.enzymes import Acting

from speciosa.facts.sheets.sheet import Sheet, sheet
from speciosa.pharmacology.exposure.absorption import Way


class Hand(Acting):
    """All of it: the rates that a built model must show."""

    def cleared(self, substance: str, *, interactions: bool = True) -> "Cleared":
        of = sheet(substance)
        if not of.pathways:
            return Cleared((1.0,), (1.0,), 1.0, 1.0, 1.0, 1.0)
        raw = [
            self.number(substance, f"{pathway_label(of, i)}.fraction")
            for i in range(len(of.pathways))
        ]
        shares = tuple(f / sum(raw) for f in raw) if len(raw) > 1 else (1.0,)
        acts = tuple(
            self.activity(p.enzyme, p.organ, substance, interactions=interactions)
            * self.of_patient(substance, f"pathways.{p.enzyme}")
            for p in of.pathways
        )
        if of.first_pass is None:
            return Cleared(shares, acts, 1.0, 1.0, 1.0, 1.0)
        liver = [
            (s, a) for s, a, p in zip(shares, acts, of.pathways, strict=True) if p.organ == "liver"
        ]
        mean = sum(s * a for s, a in liver) / sum(s for s, _ in liver) if liver else 1.0
        gut = 1.0
        if any(p.enzyme == of.first_pass.gut_enzyme for p in of.pathways):
            gut = self.activity(
                of.first_pass.gut_enzyme, "gut", substance, interactions=interactions
            )
        fh, fg = (self.number(substance, f"first_pass.{f}") for f in ("Fh", "Fg"))
        liver_factor = well_stirred(fh, mean, self.in_cirrhosis("perfusion"))
        return Cleared(shares, acts, liver_factor, well_stirred(fg, gut), mean, gut)

    def flows(
        self, substance: str, *, interactions: bool = True, saturable: bool = False
    ) -> list[float]:
        """What leaves plasma by each pathway, nmol/h."""
        of, state = sheet(substance), self.cleared(substance, interactions=interactions)
        clearance, level = self.scaled(substance, "CL"), self.concentration(substance)
        found = []
        for i, (share, act) in enumerate(zip(state.shares, state.activities, strict=True)):
            flow = clearance * share * act * level
            if of.pathways and of.pathways[i].organ == "liver":
                flow *= state.liver
            if saturable and of.pathways and of.pathways[i].saturable is not None:
                half = self.number(substance, f"{pathway_label(of, i)}.saturable")
                flow /= 1 + level / half
            found.append(flow)
        return found

    def first_pass(self, way: Way, *, interactions: bool = True) -> float:
        """What gut wall and liver let through of what is swallowed, over what they typically let through."""
        of, state = sheet(way.substance), self.cleared(way.substance, interactions=interactions)
        if of.first_pass is None:
            return state.gut * state.liver
        fg, fh = (self.number(way.substance, f"first_pass.{f}") for f in ("Fg", "Fh"))
        if not of.disposition.apparent:
            available, share = self.bioavailability(way), self.absorbed(way)[2]
            # of what does not get in directly, the part that reaches plasma through the gut
            needed = available * share / (1 - available * (1 - share))
            if needed > fg * fh:
                power = math.log(needed) / math.log(fg * fh)
                fg, fh = fg**power, fh**power
        shunt = self.in_cirrhosis("shunt")
        past = well_stirred(fh, state.mean_activity, self.in_cirrhosis("perfusion"))
        return well_stirred(fg, state.gut_activity) * (shunt / fh + (1 - shunt) * past)

    def into_plasma(self, substance: str, *, interactions: bool = True) -> float:
        """What comes in from outside, nmol/h."""
        total = 0.0
        for way in self.ways:
            if way.substance == substance:
                direct, swallowed, _ = self.absorbed(way)
                total += direct
                if swallowed:
                    total += swallowed * self.first_pass(way, interactions=interactions)
        return total

    def formed(
        self, substance: str, *, interactions: bool = True, saturable: bool = False
    ) -> float:
        """What comes in as a metabolite of the others, from plasma and before it, nmol/h."""
        total = 0.0
        for parent in self.substances:
            of = sheet(parent)
            flows = self.flows(parent, interactions=interactions, saturable=saturable)
            state = self.cleared(parent, interactions=interactions)
            for i, pathway in enumerate(of.pathways):
                if pathway.metabolite != substance:
                    continue
                label = pathway_label(of, i)
                yields = self.number(parent, f"{label}.formed") if pathway.formed else 1.0
                total += yields * flows[i]
                if pathway.presystemic is None:
                    continue
                for way in self.ways:
                    if way.substance != parent:
                        continue
                    dose = self.absorbed(way)[1]
                    if not of.disposition.apparent:
                        dose /= self.by_mouth(way)
                    made = self.number(parent, f"{label}.presystemic")
                    total += made * dose * self.taken_out(parent, i, state)
        return total

    def by_mouth(self, way: Way) -> float:
        """Bioavailability of what is swallowed: of the form where it is oral, else of the substance by mouth."""
        oral = [entry for entry in sheet(way.substance).absorption if entry.route == "oral"]
        if way.route == "oral" or not oral:
            return self.bioavailability(way)
        any_ = next((entry for entry in oral if entry.form == "any"), oral[0])
        return self.number(way.substance, f"absorption.oral.{any_.form}.F")

    def taken_out(self, substance: str, i: int, state: "Cleared") -> float:
        """What gut wall and liver take out by one pathway before circulation, over what they typically take.

        Of one unit swallowed the gut wall takes 1 - Fg and the liver Fg (1 - Fh). The gut wall now takes
        1 - Fg G, the liver a_i (1 + x)/(1 + a x) of what it gets, G of what it got.
        """
        of = sheet(substance)
        liver = state.activities[i] * state.liver * state.gut
        if of.first_pass is None or of.pathways[i].enzyme != of.first_pass.gut_enzyme:
            return liver
        fg, fh = (self.number(substance, f"first_pass.{f}") for f in ("Fg", "Fh"))
        lost = (1 - fg * state.gut) + fg * (1 - fh) * liver
        return lost / ((1 - fg) + fg * (1 - fh))

    def central_rate(
        self, substance: str, *, interactions: bool = True, saturable: bool = False
    ) -> float:
        """Rate of change of the amount in the central compartment, nmol/h."""
        out = sum(self.flows(substance, interactions=interactions, saturable=saturable))
        enters = self.into_plasma(substance, interactions=interactions)
        made = self.formed(substance, interactions=interactions, saturable=saturable)
        return enters + made - out - sum(self.exchanges(substance).values())


@dataclass(frozen=True)
class Cleared:
    """Shares and activities of the pathways; what liver and gut wall let through over what is typical."""

    shares: tuple[float, ...]
    activities: tuple[float, ...]
    liver: float
    gut: float
    mean_activity: float
    gut_activity: float


def well_stirred(typical: float, activity: float, perfusion: float = 1.0) -> float:
    """Survival at an activity over the typical one: 1 / (1 + a x / p) over 1 / (1 + x), x = 1/F - 1."""
    x = 1 / typical - 1
    return (1 / (1 + activity * x / perfusion)) / (1 / (1 + x))


def pathway_label(of: Sheet, i: int) -> str:
    pathway = of.pathways[i]
    end = f".{pathway.metabolite}" if pathway.metabolite else ""
    return f"pathways.{pathway.enzyme}{end}"
