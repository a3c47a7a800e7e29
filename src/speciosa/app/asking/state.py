"""The state of the page: what was chosen, as text by field; and its form as a link.

Whatever reaches the app, from a field, a link or a file, is read here and refused here, with every fault named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from speciosa.app.asking.fields import fields
from speciosa.app.limits import LIMITS
from speciosa.errors import Fault, InputError, nearest


@dataclass(frozen=True)
class State:
    """What a reader has chosen.

    Attributes:
        values: text by field, every field present and accepted.
    """

    values: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        return dict(self.values)[name]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.values)

    def changed(self, **values: str) -> "State":
        """The same with other values."""
        return accept({**dict(self.values), **values})[0]


def accept(written: Mapping[str, object]) -> tuple[State, dict[str, tuple[Fault, ...]]]:
    """Reads fields; a field that cannot be used keeps its default and has its faults named.

    Example:
        >>> state, faults = accept({"weight": "80", "age": "old"})
        >>> state["weight"], state["age"], str(faults["age"][0])
        ('80', '', "age: expected a number from 12 to 120 year, found 'old'.")
    """
    values, faults = {}, {}
    for name, field in fields().items():
        values[name] = field.default
        if name in written:
            try:
                values[name] = field.read(written[name])  # type: ignore[arg-type]
            except InputError as error:
                faults[name] = error.faults
    return State(tuple(values.items())), faults


def read_query(text: str) -> State:
    """The state that a link describes.

    Args:
        text: the part of the address after ``?``.

    Raises:
        InputError: every fault of the link.

    Example:
        >>> read_query("page=patient&cyp2d6=poor")["cyp2d6"]
        'poor'
    """
    if len(text) > LIMITS.query:
        raise InputError(
            Fault("link", f"at most {LIMITS.query} characters", f"{len(text)} characters")
        )
    try:
        pairs = parse_qsl(
            text,
            keep_blank_values=True,
            strict_parsing=bool(text),
            max_num_fields=80,
            encoding="utf-8",
            errors="strict",
        )
    except ValueError as error:
        raise InputError(Fault("link", "FIELD=VALUE joined by &", str(error)[:80])) from None
    problems = []
    for name in dict.fromkeys(name for name, _ in pairs):
        if name not in fields():
            near = nearest(name, fields())
            fix = f"Did you mean {near[0]}?" if near else ""
            problems.append(Fault("link", "a known field", repr(name[:40]), fix))
        elif sum(name == other for other, _ in pairs) > 1:
            problems.append(Fault(f"link, {name}", "one value", "several"))
    state, faults = accept(dict(pairs))
    problems += [fault for found in faults.values() for fault in found]
    if problems:
        raise InputError(problems)
    return state


def write_query(state: State) -> str:
    """The link of a state: only what differs from the defaults.

    Example:
        >>> write_query(read_query("cyp2d6=poor&page=compare"))
        'cyp2d6=poor'
    """
    known = fields()
    return urlencode([(name, text) for name, text in state if text != known[name].default])
