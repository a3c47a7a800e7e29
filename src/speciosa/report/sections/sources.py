"""Where the numbers come from: how each arm was made, the parameters behind it, and the references."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from speciosa import facts
from speciosa.errors import UnknownNameError
from speciosa.model.records import Parameter
from speciosa.report.figures.figure import anchor_of
from speciosa.report.names import substance_name
from speciosa.report.number import link_numbers, linked, plain, share
from speciosa.report.parameter_words import in_words
from speciosa.study.question.schema import Arm

_SEEN = {
    "fulltext": "read in the source",
    "abstract": "read in an abstract or excerpt",
    "repository": "read in a public repository",
    "recall": "from memory, not verified",
    "judgement": "this project's own choice",
    "calibration": "fitted here",
    "guess": "an assumption",
}


@dataclass
class Sources:
    """The references that a report cites, gathered while it is written."""

    cited: dict[str, str] = field(default_factory=dict)

    def link(self, key: str) -> Markup:
        """A link to the reference, which then appears in the list."""
        anchor = self.anchor(key)
        return Markup('<a href="#{}">{}</a>').format(anchor, key)

    def anchor(self, key: str) -> str:
        """The anchor of a reference, which then appears in the list."""
        self.cited.setdefault(key, anchor_of("ref", key))
        return self.cited[key]

    def links(self, keys: Iterable[str]) -> Markup:
        """Links to several references."""
        return Markup(", ").join(self.link(key) for key in dict.fromkeys(keys))

    def html(self) -> Markup:
        """The list of all that was cited, in alphabetical order."""
        items = [self._entry(key, anchor) for key, anchor in sorted(self.cited.items())]
        return Markup('<ol class="refs">{}</ol>').format(Markup("").join(items))

    def _entry(self, key: str, anchor: str) -> Markup:
        try:
            reference = facts.reference(key)
        except UnknownNameError:
            return Markup(
                '<li id="{}" data-source="#{}">{}: no entry in the fact base.</li>'
            ).format(anchor, anchor, key)
        link = f"https://doi.org/{reference.doi}" if reference.doi else reference.url
        where = Markup(' <a href="{}">open</a>').format(link) if link else Markup("")
        return Markup('<li id="{0}" data-source="#{0}"><b>{1}</b>. {2}{3}</li>').format(
            anchor, key, reference.citation, where
        )


def how_made(arm: Arm, substances: Sequence[str], sources: Sources) -> Markup:
    """The entry that a number of a simulated arm links to: doses, patients, substances, and their sheets."""
    anchor = anchor_of("made", arm.name)
    regimen = link_numbers(in_prose(str(arm.doses)), anchor)
    sheets = Markup(", ").join(
        Markup('<a href="#{}">{}</a>').format(anchor_of("sheet", name), substance_name(name))
        for name in substances
    )
    note = Markup(" ({})").format(link_numbers(arm.note, anchor)) if arm.note else Markup("")
    cited = Markup(" Regimen: {}.").format(sources.links(arm.source)) if arm.source else Markup("")
    if not substances:
        sheets = Markup("no drug")
    return Markup(
        '<div id="{}" data-source="#methods"><h4>{}</h4><p>{}{}.{} Simulated from the model sheets of {}, '
        'with effects as in <a href="#sheet-effects">the effect parameters</a> and patients as in '
        '<a href="#methods">the methods</a>.</p></div>'
    ).format(anchor, arm.name, regimen, note, cited, sheets)


def in_prose(text: str) -> str:
    """A text of the study or the sheets with the names of products and parameters as a reader writes them."""
    return text.replace("_", " ")


def parameter_tables(parameters: Iterable[Parameter], sources: Sources) -> Markup:
    """Every parameter of the models, by substance: value, spread, uncertainty, and where it comes from."""
    groups: dict[str, dict[str, Parameter]] = {}
    for parameter in parameters:
        groups.setdefault(_group(parameter.name), {})[parameter.name] = parameter
    return Markup("").join(
        _parameter_table(name, entries.values(), sources)
        for name, entries in sorted(groups.items())
    )


def _group(name: str) -> str:
    return name.partition(".")[0] if "." in name else "effects"


def _parameter_table(group: str, parameters: Iterable[Parameter], sources: Sources) -> Markup:
    rows = []
    for parameter in parameters:
        anchor = anchor_of("par", parameter.name)
        cells = [
            linked(f"{plain(parameter.value, 3)} {parameter.unit}".removesuffix(" 1"), anchor),
            linked(plain(parameter.between_patient_sd), anchor)
            if parameter.between_patient_sd
            else "",
            linked(share(parameter.uncertainty_cv), anchor) if parameter.uncertainty_cv else "",
            _origin(parameter.source or "", sources),
        ]
        rows.append(
            Markup('<tr id="{0}" data-source="#{0}"><th scope="row">{1}</th>{2}</tr>').format(
                anchor,
                in_words(parameter.name),
                Markup("").join(Markup("<td>{}</td>").format(cell) for cell in cells),
            )
        )
    columns = ("Parameter", "Typical value", "Between patients (SD)", "Uncertainty (CV)", "From")
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in columns)
    return Markup(
        '<details id="{}"><summary>{}</summary><div class="table"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div></details>"
    ).format(anchor_of("sheet", group), substance_name(group), head, Markup("").join(rows))


_ROW = re.compile(r"[A-Za-z][\w-]*\d[\w-]*")
"""What can be the id of a row, built in or of a user's own; whether it is one, the facts decide."""


def _origin(source: str, sources: Sources) -> Markup:
    """The source text of a parameter, each fact row with its reference and how it was seen."""
    if not source:
        return Markup('<span class="gap">no source</span>')
    parts, end = [], 0
    for match in _ROW.finditer(source):
        parts += [escape(in_prose(source[end : match.start()])), _fact(match[0], sources)]
        end = match.end()
    return Markup("").join([*parts, escape(in_prose(source[end:]))])


def _fact(name: str, sources: Sources) -> Markup:
    try:
        fact = facts.fact(name)
    except UnknownNameError:
        return escape(name)
    reference = sources.link(str(fact.reference)) if fact.reference else Markup("no reference")
    seen = seen_in_words(str(fact.seen))
    return Markup("{} ({}; {}{})").format(name, reference, seen, compared(name))


def seen_in_words(seen: str) -> str:
    """How a fact was seen, as readers read it."""
    return _SEEN.get(seen, seen)


def compared(name: str) -> Markup:
    """What was read when the fact was confirmed, behind one click; nothing where it was not."""
    record = facts.confirmation(name)
    if record is None:
        return Markup("")
    told = "; ".join(filter(None, (record.printed, record.follows, record.about, record.place)))
    return Markup('; <details class="inline"><summary>compared on {}</summary>{}</details>').format(
        record.confirmed_on, told
    )


_KEY = re.compile(r"[a-z][a-z0-9]+\d{4}[a-z0-9]+")


def keys_in(text: str) -> list[str]:
    """Reference keys written in a text, separated by ``;`` or ``,``."""
    return _KEY.findall(text)
