"""Lists of a study file that are longer than any study needs: told once, and cut before their entries are read."""

from typing import Any

from speciosa.errors import Fault

MOST_ARMS, MOST = 40, 200
Path = tuple[str | int, ...]


def cut(table: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[Path, Fault]]]:
    """The table with its lists at a bearable length, and a fault with its path for each that was longer.

    Example:
        >>> cut({"arms": [{}] * 5000})[1][0][1].found
        '5000'
    """
    faults: list[tuple[Path, Fault]] = []

    def shorter(value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return {key: shorter(entry, (*path, key)) for key, entry in value.items()}
        if not isinstance(value, list):
            return value
        most = MOST_ARMS if path == ("arms",) else MOST
        if len(value) > most:
            faults.append((path, Fault("entries", f"at most {most} entries", str(len(value)))))
        return [shorter(entry, (*path, place)) for place, entry in enumerate(value[:most])]

    return shorter(table, ()), faults
