"""The sentences that a reader meets first, in one place: ``texts.toml``, so that another language is another file."""

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=1)
def _all() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(
        (files("speciosa.report") / "texts.toml").read_text(encoding="utf-8")
    )
    return found


def text(key: str, **values: object) -> str:
    """The sentence of a key, such as ``bottom.unknown``, with its places filled.

    Raises:
        KeyError: no such sentence, or a place without a value.

    Example:
        >>> text("word.of_people", count="12")
        '12 of 1,000 people'
    """
    found: Any = _all()
    for part in key.split("."):
        found = found[part]
    return str(found).format(**values)


def texts(key: str) -> dict[str, Any]:
    """A table of sentences, in its order."""
    found: Any = _all()
    for part in key.split("."):
        found = found[part]
    return dict(found)


def listed(names: list[str], joint: str = "and") -> str:
    """Names as prose.

    Example:
        >>> listed(["tea"]), listed(["tea", "leaf", "extract"])
        ('tea', 'tea, leaf and extract')
    """
    word = text(f"word.{joint}")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
