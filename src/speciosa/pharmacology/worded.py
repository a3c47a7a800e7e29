"""What is said of people without a sign: ``CYP2D6 poor metabolisers``, ``severe renal impairment``, ``fasted``."""

import re
from collections.abc import Callable, Mapping


def keyed(
    text: str, names: Mapping[str, str], graded: Callable[[str, str], bool]
) -> tuple[str, str] | None:
    """The covariate that a text without a sign names, and what it says of it; None where it is not one alone.

    Args:
        text: such as ``eGFR 15-30``, ``child_pugh b``, ``poor CYP2D6 metabolisers`` or ``fed``.
        names: each name of a covariate, in lower case, and the covariate.
        graded: whether a text is a category of a covariate.

    Example:
        >>> known = {"cyp2d6": "cyp2d6", "renal": "egfr", "egfr": "egfr", "food": "food"}
        >>> words = {"cyp2d6": {"poor", "pm"}, "egfr": {"severe"}, "food": {"fed"}}
        >>> def graded(name, said): return said in words[name]
        >>> keyed("eGFR 15-30", known, graded), keyed("Severe renal", known, graded), keyed("fed", known, graded)
        (('egfr', '15-30'), ('egfr', 'severe'), ('food', 'fed'))
        >>> keyed("no renal failure", known, graded), keyed("poor", known, graded)
        (None, ('cyp2d6', 'poor'))
    """
    plain = " ".join(text.casefold().split())
    for called in sorted(names, key=len, reverse=True):
        word = re.escape(called).replace("_", "[ _-]?")
        begins = re.fullmatch(rf"{word}\s*[:\s]\s*(.+)", plain)
        if begins is not None and (
            graded(names[called], begins[1]) or begins[1][0] in "0123456789*"
        ):
            return names[called], begins[1]
        within = re.fullmatch(rf"(.+?)\s+{word}(?:\s+(.*))?", plain)
        if within is not None:
            said = f"{within[1]} {within[2] or ''}".strip()
            return (names[called], said) if graded(names[called], said) else None
    alone = {name for name in names.values() if graded(name, plain)}
    return (alone.pop(), plain) if len(alone) == 1 else None
