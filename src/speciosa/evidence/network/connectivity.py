"""Whether a network hangs together, and if not: which islands it falls into and which studies make each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from speciosa.errors import Fault


@dataclass(frozen=True)
class Island:
    """Treatments joined by trials with each other and with nothing else, and those trials."""

    treatments: tuple[str, ...]
    studies: tuple[str, ...]


def islands(studies: Mapping[str, Sequence[str]]) -> list[Island]:
    """The connected parts of a network, the one with most studies first.

    Args:
        studies: the treatments of each study by its name.

    Example:
        >>> [part.treatments for part in islands({"s1": ["a", "b"], "s2": ["c", "d"], "s3": ["b", "e"]})]
        [('a', 'b', 'e'), ('c', 'd')]
    """
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root[name] != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for treatments in studies.values():
        for name in treatments:
            root.setdefault(name, name)
            root[find(name)] = find(treatments[0])
    members: dict[str, list[str]] = {}
    for name in root:
        members.setdefault(find(name), []).append(name)
    found = [
        Island(
            tuple(sorted(names)), tuple(s for s, arms in studies.items() if find(arms[0]) == top)
        )
        for top, names in members.items()
    ]
    return sorted(found, key=lambda part: (-len(part.studies), part.treatments))


def disconnection(parts: Iterable[Island], reference: str | None = None) -> Fault | None:
    """The fault that explains a disconnected network, or None for a connected one."""
    every = list(parts)
    if len(every) <= 1:
        return None
    told = "; ".join(
        f"island {number}: {', '.join(part.treatments)} (studies {', '.join(part.studies)})"
        for number, part in enumerate(every, 1)
    )
    home = next((p for p in every if reference in p.treatments), every[0])
    return Fault(
        "network",
        "every treatment joined to every other by a chain of trials",
        f"{len(every)} islands: {told}",
        "No effect between islands can be estimated. Analyse one island at a time (--islands; the one "
        f"{'of ' + reference if reference in home.treatments else 'with most studies'}: "
        f"{', '.join(home.treatments)}), add a trial that joins them, or use additive components where they share one.",
    )
