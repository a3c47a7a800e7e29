"""What pydantic finds wrong with an entry, in our words: where inside it, what was expected, what was found."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

_SHORT = 60


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with an entry.

    Attributes:
        path: keys and positions that lead to it inside the entry.
        expected: what should stand there.
        found: what stands there, cut to a line; ``nothing`` where it is missing.
        kind: pydantic's name of the fault.
    """

    path: tuple[str | int, ...]
    expected: str
    found: str
    kind: str

    def place(self, whole: str = "") -> str:
        """The path with dots; `whole` where the entry itself is wrong."""
        return ".".join(map(str, self.path)) or whole


def complaints(error: ValidationError) -> Iterator[Complaint]:
    """All that is wrong, in the order in which it was found.

    Example:
        >>> from pydantic import BaseModel
        >>> class Dose(BaseModel):
        ...     mg: float
        ...     route: str
        >>> try:
        ...     Dose.model_validate({"mg": "much"})
        ... except ValidationError as error:
        ...     [(each.place(), each.found) for each in complaints(error)]
        [('mg', "'much'"), ('route', 'nothing')]
    """
    for each in error.errors():
        missing = each["type"] == "missing"
        yield Complaint(
            each["loc"],
            "a value" if missing else each["msg"].removeprefix("Value error, "),
            "nothing" if missing else repr(each["input"])[:_SHORT],
            each["type"],
        )
