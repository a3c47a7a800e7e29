"""Compartment models by name: which parameters each has, and the names by which they go elsewhere."""

from dataclasses import dataclass

from speciosa.estimation.closed_form.arrays import (
    CL,
    DURATION,
    KA,
    LAG,
    Q2,
    Q3,
    RATE,
    ROLES,
    V2,
    V3,
    F,
    V,
)


@dataclass(frozen=True, slots=True)
class NamedStructure:
    """A compartment model in closed form.

    Attributes:
        compartments: of the disposition.
        depot: whether doses are absorbed from a depot.
    """

    compartments: int
    depot: bool

    @property
    def needed(self) -> tuple[int, ...]:
        """Roles that must have a parameter."""
        roles = (CL, V, Q2, V2, Q3, V3)[: 2 * self.compartments]
        return (*roles, KA) if self.depot else roles


STRUCTURES = {
    "iv_1cpt": NamedStructure(1, False),
    "iv_2cpt": NamedStructure(2, False),
    "iv_3cpt": NamedStructure(3, False),
    "oral_1cpt": NamedStructure(1, True),
    "oral_2cpt": NamedStructure(2, True),
    "oral_3cpt": NamedStructure(3, True),
}
_NAMES: dict[int, tuple[str, ...]] = {
    CL: ("CL",),
    V: ("V", "V1", "VC"),
    Q2: ("Q", "Q2"),
    V2: ("V2", "VP", "VP1"),
    Q3: ("Q3",),
    V3: ("V3", "VP2"),
    KA: ("KA",),
    F: ("F", "F1"),
    LAG: ("LAG", "TLAG", "ALAG1"),
    DURATION: ("D1",),
    RATE: ("R1",),
}
ROLE_NAMES = tuple(_NAMES[role][0] for role in range(ROLES))


def role_of(name: str) -> int | None:
    """The role of a parameter by its name, in any case; None where it has none.

    Example:
        >>> role_of("TLAG") == LAG, role_of("tmax")
        (True, None)
    """
    for role, names in _NAMES.items():
        if name.upper() in names:
            return role
    return None


def known_names(structure: NamedStructure) -> list[str]:
    """Names of the parameters that a structure may have."""
    roles = (*structure.needed, F, LAG, DURATION, RATE)
    return [_NAMES[role][0] for role in roles]
