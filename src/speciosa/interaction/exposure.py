"""How much more or less of one substance there is in blood with another: the ratio of areas, predicted from shares of clearance.

With s_i the share of the victim's clearance by enzyme i and a_i the activity of that enzyme with the perpetrator
(1 - loss for an inhibitor, a multiple for an inducer)::

    AUC ratio R = 1 / (sum_i s_i a_i + 1 - sum_i s_i)
                  times 1 / (Fg + a_gut (1 - Fg))   for what is swallowed and loses 1 - Fg in the gut wall
                  times 1 / (s_p a_p + 1 - s_p)     for transport by P-glycoprotein

What is not swallowed meets the liver from the blood alone, so that the flow of blood limits it: (R + k) / (1 + k), k = 1/Fh - 1.

Shares come from the model sheet of the victim where it has one, else from the class of its sensitivity; activities from the
class of the perpetrator (``classes.toml``). The ends of the interval take both ends of these classes. Source: Rowland M,
Matin SB, J Pharmacokinet Biopharm 1973;1:553, doi:10.1007/BF01059791; gut wall and well-stirred liver as in
``speciosa.pharmacology.exposure``.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from speciosa.facts.sheets.sheet import Sheet, names, sheet
from speciosa.facts.tables import DATA
from speciosa.interaction.parties import usual_route
from speciosa.interaction.profile import Profile

_FAMILY = {"ugt2b7": "ugt", "ugt1a1": "ugt"}
_TRANSPORT = "pgp"
_LEAST_LEFT = 0.02  # of a clearance: some way out is always left


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of areas under the curve, with over without the other substance."""

    low: float
    mid: float
    high: float

    def __str__(self) -> str:
        return f"{self.mid:.2g}-fold ({self.low:.2g} to {self.high:.2g})"

    def times(self, other: "Ratio") -> "Ratio":
        """Both effects together."""
        return Ratio(self.low * other.low, self.mid * other.mid, self.high * other.high)


@lru_cache(maxsize=1)
def classes() -> Mapping[str, Any]:
    """The classes of strength in numbers."""
    path = DATA / "interactions" / "classes.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def predicted(victim: Profile, perpetrator: Profile) -> tuple[Ratio, tuple[str, ...]] | None:
    """The ratio of areas of the victim, and the enzymes that make it; None where they share none.

    Example:
        >>> from speciosa.interaction.profile import profile
        >>> ratio, enzymes = predicted(profile("oxycodone"), profile("ketoconazole"))
        >>> round(ratio.mid, 1), enzymes
        (2.8, ('cyp3a',))
    """
    activities = _activities(perpetrator, _sheet(victim.substance) is not None)
    shares = _shares(victim)
    met = tuple(enzyme for enzyme in shares if enzyme in activities)
    if not met:
        return None
    found = _from_blood(victim, _cleared(shares, activities)).times(_gut(victim, activities))
    if _TRANSPORT in met:
        found = found.times(_cleared({_TRANSPORT: shares[_TRANSPORT]}, activities, transport=True))
    return found, met


def formed(victim: Profile, perpetrator: Profile) -> tuple[Ratio, tuple[str, ...]] | None:
    """The ratio of what a substance is turned into that acts, where an inhibitor meets the enzyme; None elsewhere.

    Example:
        >>> from speciosa.interaction.profile import profile
        >>> ratio, enzymes = formed(profile("codeine"), profile("paroxetine"))
        >>> round(ratio.mid, 2), enzymes
        (0.31, ('cyp2d6',))
    """
    activities = _activities(perpetrator, False)
    for enzyme, level in victim.enzymes("activated by").items():
        activity = activities.get(enzyme)
        if activity is not None and activity.mid < 1:
            low, high = classes()["activated by"][level]
            mid = (low + high) / 2
            ends = [
                1 - share * (1 - a) for share, a in ((high, activity.low), (low, activity.high))
            ]
            return Ratio(ends[0], 1 - mid * (1 - activity.mid), ends[1]), (enzyme,)
    return None


@lru_cache(maxsize=4096)
def _activities(perpetrator: Profile, of_sheet: bool) -> Mapping[str, Ratio]:
    """What is left of each enzyme, or how many times there is of it.

    The classes of CYP3A are those of oral midazolam. A sheet tells its liver from its gut wall; where a sheet says what
    becomes of the victim, the activity is the one that makes the class of midazolam by its own sheet.
    """
    found = {}
    for enzyme, level in perpetrator.enzymes("inhibits").items():
        least, most = _class("inhibits", enzyme, level, of_sheet)
        found[enzyme] = Ratio(1 - most, 1 - (least + most) / 2, 1 - least)
    for enzyme, level in perpetrator.enzymes("induces").items():
        least, most = _class("induces", enzyme, level, of_sheet)
        found[enzyme] = Ratio(least, math.sqrt(least * most), most)
    return found


def _class(acts: str, enzyme: str, level: str, of_sheet: bool) -> tuple[float, float]:
    numbers = classes().get(f"{acts} {enzyme} of a sheet") if of_sheet else None
    least, most = (numbers or classes()[acts])[level]
    return least, most


@lru_cache(maxsize=2048)
def _shares(victim: Profile) -> Mapping[str, Ratio]:
    """Shares of the clearance by enzyme: of the model sheet, and of traits what no sheet says."""
    found: dict[str, Ratio] = {}
    known = _sheet(victim.substance)
    if known is not None:
        for path in known.pathways:
            enzyme, share = _FAMILY.get(path.enzyme, path.enzyme), path.fraction.value
            before = found[enzyme].mid if enzyme in found else 0.0
            found[enzyme] = Ratio(before + share, before + share, before + share)
    for enzyme, level in victim.enzymes("cleared by").items():
        if known is None or enzyme == _TRANSPORT:
            low, high = classes()["cleared by"][level]
            found[enzyme] = Ratio(low, (low + high) / 2, high)
    return found


@lru_cache(maxsize=2048)
def _sheet(substance: str) -> Sheet | None:
    """The sheet of a substance whose own elimination was described; that of a perpetrator does not."""
    if substance not in names():
        return None
    found = sheet(substance)
    return found if found.role != "perpetrator" and found.pathways else None


def _cleared(
    shares: Mapping[str, Ratio], activities: Mapping[str, Ratio], transport: bool = False
) -> Ratio:
    """1 / (sum of shares times activities, and the rest), at each end of the classes."""

    def at(share_end: str, activity_end: str) -> float:
        ours: list[tuple[float, float]] = [
            (getattr(share, share_end), getattr(activities.get(name), activity_end, 1.0))
            for name, share in shares.items()
            if transport or name != _TRANSPORT
        ]
        whole = max(1.0, sum(share for share, _ in ours))
        left = 1 + sum(share / whole * (activity - 1) for share, activity in ours)
        return 1 / max(left, _LEAST_LEFT)

    corners = [at(share, activity) for share in ("low", "high") for activity in ("low", "high")]
    return Ratio(min(corners), at("mid", "mid"), max(corners))


def _from_blood(victim: Profile, ratio: Ratio) -> Ratio:
    """The ratio where the flow of blood through the liver limits it, for what is not swallowed."""
    known = _sheet(victim.substance)
    route = usual_route(victim.substance)
    if known is None or known.first_pass is None or route in ("oral", ""):
        return ratio
    k = 1 / known.first_pass.Fh.value - 1
    low, mid, high = ((each + k) / (1 + k) for each in (ratio.low, ratio.mid, ratio.high))
    return Ratio(low, mid, high)


def _gut(victim: Profile, activities: Mapping[str, Ratio]) -> Ratio:
    """What the gut wall lets through with the perpetrator, over what it does alone, for what is swallowed."""
    known = _sheet(victim.substance)
    one = Ratio(1.0, 1.0, 1.0)
    if known is None or known.first_pass is None or usual_route(victim.substance) != "oral":
        return one
    activity = activities.get(known.first_pass.gut_enzyme)
    if activity is None:
        return one
    through = known.first_pass.Fg.value
    low, mid, high = (
        1 / (through + a * (1 - through)) for a in (activity.high, activity.mid, activity.low)
    )
    return Ratio(low, mid, high)
