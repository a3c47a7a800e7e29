"""What a browser's message may hold: known fields with text, and what Shiny's own client says of its window."""

import json
import re
from typing import Any

from speciosa.app.asking.fields import fields
from speciosa.app.limits import Limits
from speciosa.errors import SpeciosaError

EVENTS = ("cancel", "keep_result", "make_report", "study_file", "narrow", "save_study")
"""Inputs that are no fields: buttons, the text of a study file, the width of the window."""
_WINDOW = re.compile(r"\.clientdata_[A-Za-z0-9_]{1,120}")
_WINDOW_TEXT = 300


class NotAllowed(SpeciosaError):
    """A message that is refused as a whole."""


def clean(message: Any, started: bool, limits: Limits) -> tuple[str | None, str]:
    """A message as the app may see it, and what was refused of it.

    Args:
        message: as it came from the socket.
        started: whether the session has begun.
        limits: of length.

    Returns:
        the text to pass on, or None if nothing is left; and the reasons in words.

    Raises:
        NotAllowed: the message as a whole is refused.

    Example:
        >>> clean({"text": '{"method": "update", "data": {"age": "40", "x": 1}}'}, True, Limits())
        ('{"method": "update", "data": {"age": "40"}}', 'x: not a field of this page.')
    """
    table = _read(message, limits)
    method, data = table.get("method"), table.get("data")
    if method not in ("init", "update") or (method == "init") == started:
        raise NotAllowed(f"A message of the kind {str(method)[:40]!r} is not expected here.")
    if not isinstance(data, dict):
        raise NotAllowed("A message without a table of fields is not expected here.")
    kept: dict[str, Any] = {}
    refused: list[str] = []
    for name, value in data.items():
        if name == ".clientdata_url_search":
            kept[name] = ""
            continue
        reason = _reason(name, value, limits)
        if reason:
            refused.append(f"{name[:60]}: {reason}")
        else:
            kept[name] = value
    text = json.dumps({"method": method, "data": kept}) if kept or method == "init" else None
    return text, "\n".join(refused[:20])


def _read(message: Any, limits: Limits) -> dict[str, Any]:
    text = message.get("text")
    if text is None:
        raise NotAllowed("Only text is read here.")
    if len(text) > limits.frame_bytes:
        raise NotAllowed(
            f"A message has {len(text)} characters; at most {limits.frame_bytes} are read."
        )
    try:
        table = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise NotAllowed("A message is no JSON.") from None
    if not isinstance(table, dict):
        raise NotAllowed("A message is no table.")
    return table


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _reason(name: str, value: Any, limits: Limits) -> str:
    if _WINDOW.fullmatch(name):
        plain = isinstance(value, bool | int | float) or value is None
        short = isinstance(value, str) and len(value) <= _WINDOW_TEXT
        return "" if plain or short else "expected a short value."
    if name not in fields() and name not in EVENTS:
        return "not a field of this page."
    if not isinstance(value, str):
        return f"expected text, found {type(value).__name__}."
    longest = limits.upload_bytes if name == "study_file" else 4 * limits.text
    if len(value) > longest:
        return f"expected at most {longest} characters, found {len(value)}."
    return ""
