"""What can go wrong, as one small tree.

::

    SpeciosaError
    ├── InputError (also ValueError)     what was given cannot be used; lists every fault
    │   ├── ModelError                   equations, units, parameters
    │   ├── RegimenError                 a regimen text
    │   ├── StudyError                   a study file
    │   ├── FactError                    a fact file or a request to the fact base
    │   └── EvidenceError                trial data
    ├── UnknownNameError (also KeyError) a name that is not known, with the nearest ones that are
    │   └── UnknownPlaceError            a place of which the fact base holds no law
    ├── ConvergenceError                 an estimate that cannot be trusted
    ├── ClusterError                     work that the processes it was spread over could not finish
    └── MissingExtraError (also ImportError)  an optional dependency, with the line that installs it

The command line turns an `InputError` or `UnknownNameError` into exit status 2 and any other into 1.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from itertools import pairwise

MOST_TOLD = 50
"""Faults that are told of one input; of more, the number is."""
_LONGEST, _LONGEST_NAME, _FEW = 400, 100, 60
# Controls of the terminal, marks that turn the direction of writing, halves of characters.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def unseen(text: str) -> str:
    r"""The characters of a text that control a terminal or hide in a line; tabs and ends of lines are none of them.

    Example:
        >>> unseen("tea\x1b[31m"), unseen("two\nlines")
        ('\x1b', '')
    """
    if text.replace("\n", "").replace("\t", "").isprintable():
        return ""
    return "".join(_UNSEEN.findall(text))


def printable(text: str) -> str:
    r"""A text with the characters of `unseen` written as escapes.

    Example:
        >>> printable("tea\x1b[31m")
        'tea\\x1b[31m'
    """
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where, what was expected, what was found, the way out.

    Example:
        >>> print(Fault("arm 'tea', dose", "an amount above 0", "-5 g"))
        arm 'tea', dose: expected an amount above 0, found -5 g.
    """

    where: str
    expected: str
    found: str
    fix: str = ""

    def __post_init__(self) -> None:
        """Whatever stood in an input is told on one line, printable and of bounded length."""
        for name in ("where", "expected", "found", "fix"):
            text = printable(getattr(self, name).replace("\n", " "))
            if name in {"where", "found"} and len(text) > _LONGEST:
                text = f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 4 :]}"
            object.__setattr__(self, name, text if name != "where" or text.strip() else "input")

    def __str__(self) -> str:
        text = f"{self.where}: expected {self.expected}, found {self.found}."
        return f"{text} {self.fix}" if self.fix else text


class SpeciosaError(Exception):
    """The root of every error that Speciosa raises on purpose."""


class InputError(SpeciosaError, ValueError):
    """An input that cannot be used; `faults` holds all that is wrong with it.

    Example:
        >>> str(InputError([Fault("row 3", "events at most n", "12 of 10")]))
        'row 3: expected events at most n, found 12 of 10.'
    """

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(told(self.faults)))


def told(faults: Sequence[Fault]) -> list[str]:
    """Faults as lines: the first `MOST_TOLD`, and how many more there are.

    Example:
        >>> told([Fault("row", "a number", "none")] * 60)[-1]
        'And 10 more faults.'
    """
    lines = [str(fault) for fault in faults[:MOST_TOLD]]
    more = len(faults) - len(lines)
    return [*lines, f"And {more} more fault{'s' if more > 1 else ''}."] if more else lines


class ModelError(InputError):
    """A model whose equations, units or parameters do not hold together."""


class RegimenError(InputError):
    """A regimen text that does not follow the grammar."""


class StudyError(InputError):
    """A study file that cannot be run."""


class FactError(InputError):
    """A fact file, or a request to the fact base, that cannot be used."""


class EvidenceError(InputError):
    """Trial data that cannot be pooled."""


class UnknownNameError(SpeciosaError, KeyError):
    """A name that is not known, with the nearest names that are.

    Example:
        >>> str(UnknownNameError("substance", "mitragynin", ["mitragynine", "morphine"]))
        "No substance is named 'mitragynin'. Did you mean mitragynine?"
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(kind, name, self.known)

    @cached_property
    def nearest(self) -> tuple[str, ...]:
        """The known names most like the unknown one, best first."""
        return tuple(nearest(self.name, self.known))

    def __str__(self) -> str:
        hint = f"Did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        if not hint and self.known:
            hint = "Known: " + ", ".join(sorted(self.known)) + "."
        return f"No {self.kind} is named {self.name!r}. {hint}".strip()


class UnknownPlaceError(UnknownNameError):
    """A place of which the fact base holds no law; offers another place only where the name is a slip of the pen.

    Law of one place must not be taken for that of another, so a name that is that of a country or only faintly like a
    known one gets no suggestion.

    Example:
        >>> str(UnknownPlaceError("Bhutan", ["Utah"], country="Bhutan"))
        'Bhutan is not in the fact base: its law on kratom was not looked up, which is no answer either way.'
        >>> str(UnknownPlaceError("Tenessee", ["Tennessee", "Texas"]))
        "No place is named 'Tenessee'. Did you mean Tennessee?"
    """

    def __init__(self, name: str, known: Iterable[str], country: str = "") -> None:
        super().__init__("place", name, known)
        self.country = country

    @cached_property
    def nearest(self) -> tuple[str, ...]:
        """The known places that differ from the name by a letter or two."""
        return () if self.country else tuple(nearest(self.name, self.known, cutoff=0.84))

    def __str__(self) -> str:
        if self.country:
            return (
                f"{self.country} is not in the fact base: its law on kratom was not looked up, "
                "which is no answer either way."
            )
        hint = f"Did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        return f"No place is named {self.name!r}. {hint or '`speciosa legal` prints every place.'}"


class ConvergenceError(SpeciosaError):
    """An iteration or a sampler whose result cannot be trusted."""


class ClusterError(SpeciosaError):
    """Work that the workers could not finish; what was finished is kept."""


class MissingExtraError(SpeciosaError, ImportError):
    """An optional dependency that is not installed.

    Example:
        >>> str(MissingExtraError("bayes", "nutpie"))
        "This needs nutpie, of the optional group 'bayes': pip install 'speciosa[bayes]'."
    """

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(
            f"This needs {package}, of the optional group '{extra}': pip install 'speciosa[{extra}]'."
        )


def nearest(name: str, known: Iterable[str], count: int = 3, cutoff: float = 0.6) -> list[str]:
    """The known names most like `name`, best first, at most `count`, from a likeness of `cutoff` (0 to 1).

    Example:
        >>> nearest("morfine", ["morphine", "methadone", "codeine"])
        ['morphine']
    """
    if len(name) > _LONGEST_NAME:
        return []
    return list(_nearest(name.casefold(), tuple(known), count, cutoff))


@lru_cache(maxsize=4096)
def _nearest(name: str, known: tuple[str, ...], count: int, cutoff: float) -> tuple[str, ...]:
    by_fold, by_pair = _spelled(known)
    folds: Iterable[str] = by_fold
    if len(by_fold) > _FEW:  # a file of a thousand misspelled keys is not to take minutes
        shared = Counter(
            fold for pair in set(pairwise(f" {name} ")) for fold in by_pair.get(pair, ())
        )
        folds = [fold for fold, _ in shared.most_common(_FEW)]
    return tuple(by_fold[fold] for fold in get_close_matches(name, folds, count, cutoff))


@lru_cache(maxsize=64)
def _spelled(known: tuple[str, ...]) -> tuple[dict[str, str], dict[tuple[str, str], list[str]]]:
    """Names by their spelling without regard to case, and these spellings by the pairs of letters in them."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    by_pair: dict[tuple[str, str], list[str]] = {}
    for fold in by_fold:
        for pair in set(pairwise(f" {fold} ")):
            by_pair.setdefault(pair, []).append(fold)
    return by_fold, by_pair
