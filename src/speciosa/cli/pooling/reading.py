"""Options of the commands that pool trials: how their table is read where it does not say so itself."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from speciosa.evidence.table.reading import Reading


def reading_of(
    scale: str,
    columns: list[str] | None,
    rows: list[str] | None,
    sheet: str,
    repeated: bool = False,
) -> "Reading":
    """The options as one object.

    Raises:
        EvidenceError: an unknown scale, or an option without an equals sign.
    """
    from speciosa.evidence.table.reading import Reading, pairs_of

    return Reading(
        scale, pairs_of(columns or [], "--columns"), pairs_of(rows or [], "--rows"), sheet, repeated
    )
