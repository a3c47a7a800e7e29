"""The way from dose to plasma, written out by hand in plain Python from the docstrings and their sources.

`Hand` holds a sheet's numbers at one point and computes what a built model must show there. Nothing here is taken from
the code that builds models; the structure (pathways, paths, covariates) is read from the sheets.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tests.pharmacology.parts.points import Point

from speciosa.facts.sheets.number import Covariate
from speciosa.facts.sheets.sheet import Sheet, sheet
from speciosa.pharmacology.covariates import covariates, figures
from speciosa.pharmacology.exposure.absorption import Way

FLOWS = {"hepatic": "hepatic_blood_flow", "gut": "enterocyte_flow"}
COVARIATES = {"sex": "female", "gender": "female", "wt": "weight", "liver": "hepatic"}


@dataclass
class Hand:
    """Substances of one model at one point."""

    at: Point
    substances: Sequence[str]
    ways: Sequence[Way] = ()

    def number(self, substance: str, path: str) -> float:
        return self.at.values[f"{substance}.{path}"]

    # disposition

    def of_patient(self, substance: str, on: str) -> float:
        """Product of what the sheet's covariates do to one quantity, each to its uncertain power."""
        return math.prod(
            self.effect_of(entry) ** self.number(substance, f"covariates.{entry.name}")
            for entry in sheet(substance).covariates
            if entry.on == on
        )

    def effect_of(self, entry: Covariate) -> float:
        """What one covariate does."""
        name = COVARIATES.get(entry.name, entry.name)
        x = self.at.values[name]
        if entry.form == "category" and name != "female":
            known = covariates()[name]
            numbers = {known.categories[level]: factor for level, factor in entry.levels.items()}
            numbers.setdefault(known.reference, 1.0)
            return numbers[min(numbers, key=lambda number: abs(number - x))]
        if entry.form == "category":
            return x * entry.levels.get("female", 1.0) + (1 - x) * entry.levels.get("male", 1.0)
        x = min(x, entry.high) if entry.high is not None else x
        x = max(x, entry.low) if entry.low is not None else x
        slope = entry.coefficient.value
        if entry.form == "power":
            return (x / entry.reference) ** slope
        if entry.form == "linear":
            return 1 + slope * (x - entry.reference)
        return math.exp(slope * (x - entry.reference))

    def scaled(self, substance: str, symbol: str) -> float:
        """A clearance, flow or volume of this patient: weight over reference to a power, times covariates."""
        ratio = self.at.values["weight"] / sheet(substance).disposition.reference_weight
        kind = "volume" if symbol.startswith("V") else "clearance"
        power = self.number(substance, f"disposition.weight_on_{kind}")
        typical = self.number(substance, f"disposition.{symbol}")
        return typical * ratio**power * self.of_patient(substance, symbol)

    def concentration(self, substance: str) -> float:
        return self.at.states[f"central_{substance}"] / self.scaled(substance, "V1")

    def exchanges(self, substance: str) -> dict[int, float]:
        """Net flow from the central into each peripheral compartment, nmol/h."""
        found = {}
        for i in range(2, sheet(substance).disposition.compartments + 1):
            there = self.at.states[f"peripheral{i}_{substance}"] / self.scaled(substance, f"V{i}")
            found[i] = self.scaled(substance, f"Q{i}") * (self.concentration(substance) - there)
        return found

    # absorption

    def label(self, way: Way) -> str:
        entry = sheet(way.substance).entry(way.route, way.form)
        return f"absorption.{entry.route}.{entry.form}"

    def bioavailability(self, way: Way) -> float:
        """F of a form in this patient; what a covariate does to it brings it to 1 at most."""
        label, of = self.label(way), sheet(way.substance)
        found = self.number(way.substance, f"{label}.F")
        if {entry.on for entry in of.covariates} & {"F", f"{label}.F"}:
            found *= self.of_patient(way.substance, "F")
            found *= self.of_patient(way.substance, f"{label}.F")
            found = found if of.disposition.apparent else min(found, 1.0)
        return found

    def whole(self, way: Way) -> float:
        """What enters of the amount that a regimen writes."""
        whole = self.bioavailability(way)
        if way.per_kg:
            whole *= self.at.values["weight"]
        if way.content_cv:
            whole *= self.at.values[f"{way.target}.content"]
        return whole

    def shares(self, way: Way) -> list[float]:
        paths = sheet(way.substance).entry(way.route, way.form).paths
        stated = [
            self.number(way.substance, f"{self.label(way)}.paths.{i}.fraction")
            if path.fraction is not None
            else None
            for i, path in enumerate(paths, start=1)
        ]
        total = sum(share for share in stated if share is not None)
        if None in stated:
            return [1 - total if share is None else share for share in stated]
        return [share / total for share in stated]

    def chain(self, way: Way, i: int) -> tuple[list[tuple[str, float]], float, float | None]:
        """States of one path with their rate constants, the lag, and the duration of release."""
        path = sheet(way.substance).entry(way.route, way.form).paths[i - 1]
        here = f"{self.label(way)}.paths.{i}"
        lag = self.number(way.substance, f"{here}.lag") if path.lag is not None else 0.0
        duration = None
        if path.duration is not None:
            duration = self.number(way.substance, f"{here}.duration")
        steps: list[tuple[str, float]] = []
        if path.k_release is not None:
            steps.append(("depot", self.number(way.substance, f"{here}.k_release")))
        if path.n_transit is not None and path.mtt is not None:
            n, mean = path.n_transit.value, self.number(way.substance, f"{here}.mtt")
            count, rate, wait = transit(n, mean)
            lag += wait
            steps += [(f"transit{j}", rate) for j in range(1, count + 1)]
        if path.ka is not None:
            rate = self.number(way.substance, f"{here}.ka") * self.of_patient(way.substance, "ka")
            rate *= self.of_patient(way.substance, f"{self.label(way)}.ka")
            swallowed = way.route == "oral" or path.swallowed
            steps.append(("gut" if swallowed else "site", rate))
        named = [(f"{kind}_{way.target}_{i}", rate) for kind, rate in steps]
        return named, lag, duration

    def absorbed(self, way: Way) -> tuple[float, float, float]:
        """Flows into plasma at typical first pass, nmol/h, directly and through the gut, and the share of the latter."""
        direct = swallowed = share = 0.0
        paths = sheet(way.substance).entry(way.route, way.form).paths
        for i, (path, part) in enumerate(zip(paths, self.shares(way), strict=True), start=1):
            states, _, _ = self.chain(way, i)
            flow = states[-1][1] * self.at.states[states[-1][0]] if states else 0.0
            if way.route == "oral" or path.swallowed:
                swallowed, share = swallowed + flow, share + part
            else:
                direct += flow
        return direct, swallowed, share

    # organs

    def in_cirrhosis(self, figure: str) -> float:
        """Perfusion of the sinusoids, or portal shunt, at this patient's hepatic capacity."""
        table = figures()["cirrhosis"]
        points = sorted(zip(table["hepatic"], table[figure], strict=True))
        return float(np.interp(self.at.values["hepatic"], *np.array(points).T))

    # interactions

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
            "cyp2d6": (values.get("cyp2d6", 1.5) + 0.05) / 1.55,
            "cyp2b6": values.get("cyp2b6", 1.0),
            "cyp3a": values.get("cyp3a", 1.0),
        }.get(enzyme, 1.0)
        filters = organ == "kidney" or enzyme == "renal"
        if filters:
            if organ != "kidney" or not stated & {"egfr", "renal", "crcl", "gfr", "scr"}:
                active *= min(values["egfr"], 90.0) / 90.0
        elif organ == "liver" and not stated & {"hepatic", "child_pugh"}:
            active *= values["hepatic"] ** (0.75 if enzyme.startswith("ugt") else 1.0)
        acting = self.acting(enzyme, organ, victim) if interactions else ()
        if organ not in ("liver", "gut") or not acting:
            return active
        blocked, lost, more = self.pressure(enzyme, organ, acting)
        if lost == 0 and more == 1:
            return active / blocked
        name = self.pool(enzyme, organ, acting)
        assert name is not None
        return active * self.at.states[name] / blocked

    # metabolism

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
            whole, share = self.bioavailability(way), self.absorbed(way)[2]
            # of what does not get in directly, the part that reaches plasma through the gut
            needed = whole * share / (1 - whole * (1 - share))
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


def transit(n: float, mean: float) -> tuple[int, float, float]:
    """Compartments, their rate constant and the lag in front of them.

    Up to four whole ones are as they are. Others have the mean M and the variance M^2/(n+1) of a gamma distribution:
    c / r + lag = M and c / r^2 = M^2 / (n + 1).
    """
    if n in (1, 2, 3, 4):
        return int(n), n / mean, 0.0
    count = min(4, max(1, round(n)))
    variance = mean**2 / (n + 1)
    rate = math.sqrt(count / variance)
    return count, rate, mean - count / rate


class Plain(dict):
    """The numbers of a sheet that was made up, as they stand."""

    def __init__(self, m, of):
        self.m, self.sheet = m, of

    def __call__(self, path, unit):
        if path not in self:
            self[path] = self.m.parameter(path, self.sheet.parameters()[path].to(unit), unit)
        return self[path]
