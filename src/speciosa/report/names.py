"""Names of substances as a reader writes them."""

from speciosa import facts
from speciosa.errors import UnknownNameError


def substance_name(name: str) -> str:
    """The name of a substance; of anything else its words.

    Example:
        >>> substance_name("7_hydroxymitragynine"), substance_name("effects")
        ('7-Hydroxymitragynine', 'effects')
    """
    try:
        return str(facts.substance(name).name)
    except UnknownNameError:
        return name.replace("_", " ")
