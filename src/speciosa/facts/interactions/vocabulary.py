"""The words of traits: their kinds, their levels, and selectors of them."""

import re

ENZYMES = (
    "cyp3a",
    "cyp2d6",
    "cyp2b6",
    "cyp1a2",
    "cyp2c9",
    "cyp2c19",
    "cyp2c8",
    "ugt",
    "pgp",
    "mao_a",
    "renal",
)
_STRENGTHS = ("strong", "moderate", "weak")
_EXPOSURE = ("grave", "harmful", "fails", "tolerated")
_GRADED = ("strong", "some", "slight")

OF_ENZYME: dict[str, tuple[str, ...]] = {
    "cleared by": ("sensitive", "moderate", "partly", "minor"),
    "activated by": ("mostly",),
    "inhibits": _STRENGTHS,
    "induces": _STRENGTHS,
}
"""Traits that name an enzyme or transporter, and their levels; those of clearance are the classes of the FDA."""

OF_EFFECT: dict[str, tuple[str, ...]] = {
    "opioid agonist": ("full", "partial", "displacing", "bowel"),
    "opioid antagonist": ("lasting", "rescue", "bowel"),
    "sedative": _GRADED,
    "serotonergic": ("maoi", *_GRADED),
    "maoi": ("yes",),
    "excluded with maoi": ("yes",),
    "qt": ("known", "possible", "conditional"),
    "bleeding": ("anticoagulant", "antiplatelet", "nsaid", "serotonin", "corticosteroid", "slight"),
    "seizure threshold": _GRADED,
    "liver": ("known", "possible", "alcohol"),
    "blood pressure": ("strongly", "lowers", "raises"),
    "slows heart": ("yes",),
    "anticholinergic": _GRADED,
    "potassium": ("raises", "lowers"),
    "blood sugar": ("lowers", "slight"),
    "kidney": ("nsaid", "raas", "diuretic"),
    "alcohol": ("yes",),
    "bound by minerals": ("yes",),
    "binds minerals": ("yes",),
    "raised exposure": _EXPOSURE,
    "lowered exposure": _EXPOSURE,
    "described": ("yes", "no"),
}
"""Traits of what a substance does, and their levels. `described` says that each of them was considered for it."""

RELATIONS = ("belongs to", "acts through")
"""A substance belongs to a class; a mixture acts through what it holds."""

_SELECTOR = re.compile(
    r"(?P<trait>[a-z ]+?)(?: (?P<on>[a-z_]*[0-9][a-z0-9]*|pgp|ugt|renal|mao_a))?: (?P<levels>.+)"
)


def wanted(selector: str) -> tuple[str, str, tuple[str, ...]]:
    """The trait, the enzyme and the levels of a selector of a trait.

    Raises:
        ValueError: a trait or level that is not known.

    Example:
        >>> wanted("inhibits cyp3a: strong, moderate")
        ('inhibits', 'cyp3a', ('strong', 'moderate'))
    """
    found = _SELECTOR.fullmatch(selector)
    levels = {**OF_ENZYME, **OF_EFFECT}
    if found is None or found["trait"] not in levels:
        raise ValueError(f"one: a selector such as 'sedative: strong' is needed, not {selector!r}")
    named = tuple(part.strip() for part in found["levels"].split(","))
    for level in named:
        if level not in levels[found["trait"]]:
            raise ValueError(f"one: of {found['trait']} one of {', '.join(levels[found['trait']])}")
    return found["trait"], found["on"] or "", named
