"""Names of columns that recur: exports of Covidence have one name for several columns, other tables must not."""

from collections.abc import Sequence

from speciosa.evidence.table.names import folded

ARMS = ("study_identifier", "intervention")
NUMBER = "covidence_#"


def is_covidence(names: Sequence[str]) -> bool:
    """Whether these are columns of an export of Covidence.

    Example:
        >>> is_covidence(["Study Identifier", "Intervention", "Pain Mean"]), is_covidence(["study", "n"])
        (True, False)
    """
    known = {folded(name) for name in names}
    return known.issuperset(ARMS) or NUMBER in known


def own_names(names: Sequence[str]) -> Sequence[str]:
    """The names, those of an export of Covidence that recur each with its place.

    Example:
        >>> own_names(["Study Identifier", "Intervention", "Pain N", "Pain N"])[2:]
        ['Pain N', 'Pain N (column 4)']
        >>> own_names(["study", "n", "n"])
        ['study', 'n', 'n']
    """
    if not is_covidence(names):
        return names
    return [
        f"{name} (column {place})" if name in names[: place - 1] else name
        for place, name in enumerate(names, 1)
    ]
