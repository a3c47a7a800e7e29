"""The colours of arms, by what is taken, so that a substance looks the same in every figure, in the report and in the app.

Arms of one substance, or of substances of one kind, take lighter and darker shades of its colour, and each arm of a study
has a pattern of its line, so that lines are told apart without colours.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from speciosa.errors import FactError, InputError, UnknownNameError
from speciosa.facts import substance
from speciosa.facts.products import form_of

if TYPE_CHECKING:
    from speciosa.study.question.schema import Arm

# Okabe and Ito's colours and darker or lighter relatives that stay apart under the common forms of colour blindness.
COLOURS = (
    "#00735c",
    "#4cb89a",
    "#9a7d00",
    "#cc79a7",
    "#0b5fa5",
    "#d55e00",
    "#56b4e9",
    "#7a4fa3",
    "#8c8c8c",
    "#1d2730",
)
NO_DRUG = "#8c8c8c"
_OTHER = "#1d2730"
_BY_SUBSTANCE = {
    "mitragynine": "#00735c",
    "7_hydroxymitragynine": "#4cb89a",
    "mitragynine_pseudoindoxyl": "#4cb89a",
    "buprenorphine": "#0b5fa5",
    "methadone": "#56b4e9",
    "oxycodone": "#7a4fa3",
}
_BY_GROUP = {
    "kratom": "#00735c",
    "opioid agonist and monoamine": "#cc79a7",
    "opioid agonist": "#d55e00",
    "opioid partial": "#0b5fa5",
    "non-opioid": "#9a7d00",
    "non-steroidal": "#8a4b14",
    "alpha-2": "#9a7d00",
    "gabapentinoid": "#a33b52",
}
_DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3), (12, 4), (4, 2, 1, 2))
_BLACK, _WHITE = 0, 255
_SHADES = ((_WHITE, 0.0), (_WHITE, 0.45), (_BLACK, 0.45), (_WHITE, 0.65))


@dataclass(frozen=True, slots=True)
class Ink:
    """How one arm is drawn: its colour, and the pattern of its line."""

    colour: str
    dash: tuple[int, ...]


def inks(arms: Sequence["Arm"]) -> dict[str, Ink]:
    """The ink of each arm of a study, by name.

    Example:
        >>> from speciosa.study import read_study
        >>> found = inks(read_study("default").arms)
        >>> found["Kratom leaf, low"].colour, found["Placebo"].colour
        ('#00735c', '#8c8c8c')
        >>> found["Kratom leaf, high"].colour
        '#72b2a5'
    """
    used: Counter[str] = Counter()
    colours = {}
    for arm in arms:
        base = colour_of_arm(arm)
        colours[arm.name] = shaded(base, used[base])
        used[base] += 1
    # Of neighbours in brightness each has another pattern.
    by_light = sorted(colours, key=lambda name: _light(colours[name]))
    dashes = {name: _DASHES[rank % len(_DASHES)] for rank, name in enumerate(by_light)}
    return {name: Ink(colour, dashes[name]) for name, colour in colours.items()}


def colour_of_arm(arm: "Arm") -> str:
    """The colour of what an arm is about: of the substance that its first product holds most of."""
    for dose in arm.treatment.doses:
        if dose.product is None:
            continue
        try:
            held = form_of(dose.product, dose.route).contents
            name = max(held, key=lambda content: content.per_unit).substance
            group = str(substance(name).group)
        except (FactError, InputError, UnknownNameError):
            return _OTHER
        by_group = (colour for start, colour in _BY_GROUP.items() if group.startswith(start))
        return _BY_SUBSTANCE.get(name) or next(by_group, _OTHER)
    return NO_DRUG


def shaded(colour: str, place: int) -> str:
    """The colour of the first, second, and further arms of one kind: as it is, lighter, darker, lighter still.

    Example:
        >>> shaded("#00735c", 0), shaded("#00735c", 1), shaded("#00735c", 2)
        ('#00735c', '#72b2a5', '#003f32')
    """
    towards, share = _SHADES[place % len(_SHADES)]
    parts = _parts(colour)
    return "#" + "".join(f"{int(part + share * (towards - part)):02x}" for part in parts)


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _light(colour: str) -> float:
    """Brightness as an eye without colours sees it (luma of ITU-R BT.601)."""
    red, green, blue = _parts(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue
