"""What can be wrong with the trials of a network, each fault by study, with what was found and a way out."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
from scipy.optimize import nnls

from speciosa.errors import Fault, nearest
from speciosa.evidence.network.columns import Row
from speciosa.evidence.network.data import Matrix, NetworkStudy
from speciosa.evidence.pairwise.possible import uneven

# netmeta's tolerance for effects that should add up; published figures are rounded, so a tenth of a standard error
# passes.
EFFECT_TOLERANCE, EFFECT_TOLERANCE_IN_SE, VARIANCE_TOLERANCE = 1e-3, 0.1, 0.10


def arm_faults(row: Row, measure: str) -> list[Fault]:
    """Counts, sizes and spreads of one arm that cannot be."""
    where = f"study '{row.study}', arm '{row.treatments[0]}'"
    numbers, faults = row.numbers, []
    events, n = numbers.get("events"), numbers.get("n")
    if events is not None and events < 0:
        faults.append(Fault(f"{where}, events", "0 or more", f"{events:g}"))
    for name in ("n", "sd", "se", "time"):
        if name in numbers and numbers[name] <= 0:
            faults.append(Fault(f"{where}, {name}", "above 0", f"{numbers[name]:g}"))
    if events is not None and n is not None and n > 0 and events > n:
        faults.append(Fault(f"{where}, events", f"at most n = {n:g}", f"{events:g}"))
    if measure == "ROM" and numbers.get("mean", 1.0) <= 0:
        faults.append(
            Fault(f"{where}, mean", "above 0 for a ratio of means", f"{numbers['mean']:g}")
        )
    if measure == "SMD" and 0 < numbers.get("n", 2) < 2:
        faults.append(Fault(f"{where}, n", "at least 2", f"{numbers['n']:g}"))
    return faults


def grouping_faults(grouped: Mapping[str, Sequence[Row]], shape: str) -> list[Fault]:
    """Studies with one arm, studies entered twice, studies whose name is spelled two ways."""
    faults = []
    spelled: dict[str, str] = {}
    for study, rows in grouped.items():
        folded = " ".join(study.casefold().split())
        if study and folded in spelled:
            other = spelled[folded]
            faults.append(
                Fault(f"study '{study}'", f"one spelling of a name, as in '{other}'", f"'{study}'")
            )
        spelled.setdefault(folded, study)
        faults += _repeated(study, rows)
        arms = {name for row in rows for name in row.treatments if name}
        if study and len(arms) == 1 and shape != "contrasts":
            faults.append(
                Fault(f"study '{study}'", "two or more treatments", f"one, '{next(iter(arms))}'")
            )
    return faults


def _repeated(study: str, rows: Sequence[Row]) -> list[Fault]:
    """Treatments or contrasts that one study lists more than once."""
    keys = [tuple(sorted(row.treatments)) for row in rows]
    faults = []
    for key, often in Counter(keys).items():
        if often == 1 or not all(key):
            continue
        what = "treatment" if len(key) == 1 else "contrast"
        lines = ", ".join(
            row.place.split(",")[0] for row, own in zip(rows, keys, strict=True) if own == key
        )
        faults.append(
            Fault(
                f"study '{study}'",
                f"each {what} once",
                f"{what} '{' with '.join(key)}' {often} times ({lines})",
                "Is the study entered twice? Different studies need different names; doses or groups of one "
                "treatment are named apart or merged.",
            )
        )
    return faults


def similar_names(grouped: Mapping[str, Sequence[Row]], distinct: Sequence[str]) -> list[Fault]:
    """Treatments that look like one name spelled two ways, unless compared by a study or declared distinct."""
    used: dict[str, list[str]] = {}
    for study, rows in grouped.items():
        for name in dict.fromkeys(name for row in rows for name in row.treatments if name):
            used.setdefault(name, []).append(study)
    faults = []
    studies = {name: set(found) for name, found in used.items()}
    for one, other in combinations(sorted(used, key=lambda name: (len(used[name]), name)), 2):
        if one in distinct and other in distinct:
            continue
        same = _folded(one) == _folded(other)
        if not (same or (_alike(one, other) and not studies[one] & studies[other])):
            continue
        faults.append(
            Fault(
                f"treatment '{one}' (study {', '.join(repr(s) for s in used[one][:3])})",
                "one spelling of each treatment",
                f"'{one}' beside '{other}' ({len(used[other])} studies)",
                f"Did you mean '{other}'? If they differ, declare both as distinct.",
            )
        )
    return faults


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    # A mark between digits tells 1.1 from 11; elsewhere it is a matter of taste.
    return re.sub(r"(?<!\d)[\s_\-./]+|[\s_\-./]+(?!\d)", "", name).casefold()


@lru_cache(maxsize=4096)
def _sound(name: str) -> str:
    """The name with spellings that languages swap made one: ph and f, y and i, ae and e, doubled letters."""
    text = _folded(name)
    for old, new in (
        ("ph", "f"),
        ("ae", "e"),
        ("oe", "e"),
        ("y", "i"),
        ("th", "t"),
        ("z", "s"),
        ("k", "c"),
    ):
        text = text.replace(old, new)
    return re.sub(r"(.)\1", r"\1", text).rstrip("e")


@lru_cache(maxsize=4096)
def _digits(name: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\d+", name))


def _alike(one: str, other: str) -> bool:
    """Whether two names differ by one slip of the pen in a long word; numbers and short tags are never slips."""
    first, second = _folded(one), _folded(other)
    if min(len(first), len(second)) < 6 or _digits(first) != _digits(second):
        return False
    if _sound(one) == _sound(other):
        return True
    words, others = (
        re.split(r"[\s_\-./+]+", one.casefold()),
        re.split(r"[\s_\-./+]+", other.casefold()),
    )
    if len(words) == len(others):
        pairs = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
        return len(pairs) == 1 and min(map(len, pairs[0])) >= 5 and _one_slip(*pairs[0])
    return _one_slip(first, second)


def _one_slip(one: str, other: str) -> bool:
    """One letter inserted, dropped, changed, or two neighbours swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def reference_faults(reference: str | None, known: set[str]) -> list[Fault]:
    """A reference treatment that no study has."""
    if reference is None or reference in known:
        return []
    likely = nearest(reference, known)
    hint = f"Did you mean {' or '.join(likely)}?" if likely else ""
    return [Fault("reference", f"one of {', '.join(sorted(known))}", repr(reference), hint)]


def contrast_faults(study: str, rows: Sequence[Row]) -> list[Fault]:
    """Standard errors that cannot be, missing contrasts, and contrasts or variances that contradict each other."""
    faults = []
    for row in rows:
        pair = " minus ".join(row.treatments)
        if row.numbers.get("se", 1.0) <= 0:
            faults.append(
                Fault(f"study '{study}', {pair}, se", "above 0", f"{row.numbers['se']:g}")
            )
        if len(set(row.treatments)) == 1 and row.treatments[0]:
            faults.append(Fault(f"study '{study}'", "two different treatments", f"{pair}"))
    if faults or any(row.faults for row in rows):
        return faults
    reported = {frozenset(row.treatments) for row in rows}
    arms = sorted({name for row in rows for name in row.treatments})
    missing = [pair for pair in combinations(arms, 2) if frozenset(pair) not in reported]
    if missing:
        listed = ", ".join(" with ".join(pair) for pair in missing)
        return [
            Fault(
                f"study '{study}'",
                f"all {len(arms) * (len(arms) - 1) // 2} contrasts of its {len(arms)} arms",
                f"none of {listed}",
                "They fix the covariance between the contrasts of one study; so does one row an arm (study, treatment,"
                " diff, se) whose baseline has no diff and the standard error that all contrasts share.",
            )
        ]
    if len(arms) < 3 or len(reported) < len(rows):
        return []
    return _contradictions(contrast_study(study, rows))


def contrast_study(study: str, rows: Sequence[Row]) -> NetworkStudy:
    """One study from its contrasts, all of them present."""
    arms = tuple(dict.fromkeys(name for row in rows for name in row.treatments))
    effect = np.zeros((len(arms), len(arms)))
    variance = np.zeros_like(effect)
    for row in rows:
        i, j = (arms.index(name) for name in row.treatments)
        effect[i, j], effect[j, i] = row.numbers["effect"], -row.numbers["effect"]
        variance[i, j] = variance[j, i] = row.numbers["se"] ** 2
    return NetworkStudy(study, arms, effect, variance)


def spread_faults(rows: Sequence[Row]) -> list[Fault]:
    """The smallest standard error, where double precision cannot weigh it with the largest."""
    reported = [row for row in rows if row.numbers.get("se", 0.0) > 0]
    found = uneven(np.array([row.numbers["se"] for row in reported]))
    return [
        Fault(f"study '{reported[at].study}', {' minus '.join(reported[at].treatments)}, se", *what)
        for at, *what in found
    ]


def _contradictions(study: NetworkStudy) -> list[Fault]:
    faults, names = [], study.treatments
    smallest = float(np.sqrt(study.variance[~np.eye(len(names), dtype=bool)].min()))
    tolerance = max(EFFECT_TOLERANCE, EFFECT_TOLERANCE_IN_SE * smallest)
    loops = {
        (i, j, k): study.effect[i, j] + study.effect[j, k] - study.effect[i, k]
        for i, j, k in combinations(range(len(names)), 3)
    }
    worst = max(loops, key=lambda loop: abs(loops[loop]))
    if abs(loops[worst]) > tolerance:
        i, j, k = (names[index] for index in worst)
        faults.append(
            Fault(
                f"study '{study.name}', effects",
                f"({i} - {j}) + ({j} - {k}) equal to ({i} - {k})",
                f"a residual of {loops[worst]:.4g}",
            )
        )
    residual, pair = variance_residual(study.variance)
    if residual > VARIANCE_TOLERANCE:
        faults.append(
            Fault(
                f"study '{study.name}', standard errors",
                "contrast variances that are sums of arm variances",
                f"a residual of {residual:.0%} of the variance of {names[pair[0]]} with {names[pair[1]]}",
                "No arm variances of 0 or more give these standard errors.",
            )
        )
    return faults


def variance_residual(variance: Matrix) -> tuple[float, tuple[int, int]]:
    """How far contrast variances are from sums of arm variances: the worst relative residual and its contrast.

    The arm variances are the non-negative least-squares solution of ``s_i + s_j = v_ij``.

    Example:
        >>> worst, pair = variance_residual(np.array([[0, 0.04, 0.04], [0.04, 0, 0.36], [0.04, 0.36, 0]]))
        >>> worst > 0.3
        True
    """
    pairs = list(combinations(range(len(variance)), 2))
    system = np.zeros((len(pairs), len(variance)))
    for line, (i, j) in enumerate(pairs):
        system[line, [i, j]] = 1.0
    observed = np.array([variance[pair] for pair in pairs])
    # Relative residuals, so that a small variance counts as much as a large one.
    arm_variances, _ = nnls(system / observed[:, None], np.ones(len(pairs)))
    residual = np.abs(system @ arm_variances / observed - 1)
    worst = int(residual.argmax())
    return float(residual[worst]), pairs[worst]
