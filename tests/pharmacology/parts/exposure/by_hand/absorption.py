"""The way of a dose into plasma written out by hand: what enters which state, when, and what leaves it."""

import math

from tests.pharmacology.parts.exposure.by_hand.disposition import Disposed

from speciosa.facts.sheets.sheet import sheet
from speciosa.pharmacology.exposure.absorption import Way


class Absorbed(Disposed):
    """The same with doses on their way in."""

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

    def entering(self, way: Way) -> float:
        """What enters of the amount that a regimen writes."""
        share = self.bioavailability(way)
        if way.per_kg:
            share *= self.at.values["weight"]
        if way.content_cv:
            share *= self.at.values[f"{way.target}.content"]
        return share

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
