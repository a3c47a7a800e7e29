"""The sections of a substance's monograph."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from speciosa.facts.kinds import kind
from speciosa.facts.lookup import records, restated
from speciosa.facts.monographs import lines
from speciosa.facts.monographs.lines import SEEN_RANK, Line, Section, section
from speciosa.facts.places import legal
from speciosa.facts.products import products
from speciosa.facts.record import split
from speciosa.facts.registry import Substance, metabolites, substance
from speciosa.facts.safety import safety, silent
from speciosa.facts.schema import Observation, Parameter
from speciosa.facts.sourced import numbers, sheet_entry
from speciosa.facts.translate import salt_factor

_EXPOSURE = (
    "Cmax",
    "Tmax",
    "Cmin",
    "Css",
    "AUC",
    "t_half",
    "CL",
    "V",
    "F_",
    "accumulation",
    "concentration",
    "conc_",
    "k_",
)


def substance_sections(name: str, limit: int | None) -> Iterator[Section]:
    """All sections of a substance, with at most `limit` lines each."""
    found = substance(name)
    by_section = _parameters(found.id)
    observed = _observations(found.id)
    model = sheet_entry(found.id)
    yield section("What it is", _identity(found), None)
    yield section(
        "Products and content", [*_products(found.id), *_as_lines(by_section["content"])], limit
    )
    yield section("Dose", _as_lines(by_section["dosing"]), limit)
    yield section("What the models take", _sheet(model), limit)
    published = by_section["pharmacokinetics"] + by_section["variability"]
    yield section("Pharmacokinetics, published", _as_lines(published), limit)
    exposure = [row for row in observed if row.metric.startswith(_EXPOSURE) and not _compares(row)]
    yield section("Exposure, observed", map(lines.observation, exposure), limit)
    yield section("Receptors", _as_lines(by_section["binding"]), limit)
    effects = [row for row in observed if not row.metric.startswith(_EXPOSURE)]
    yield section(
        "Effects", [*_as_lines(by_section["effects"]), *map(lines.observation, effects)], limit
    )
    yield section(
        "Interactions", _interactions(found.id, by_section["interactions"], observed), limit
    )
    yield section("Safety", _safety(found), None)
    yield from _evidence(found.id, limit)
    yield section("Legal status", _law(found, limit), None)
    yield section("Open questions", _open(found.id, model), None)


def _safety(found: Substance) -> Iterator[Line]:
    """What is known by topic, and of which topics nothing is."""
    notes = safety(found.id)
    yield from map(lines.safety_note, notes)
    if notes:
        topics = "; ".join(silent(found.id))
        if topics:
            yield Line("nothing in the fact base on", topics, ("none",), "looked for")


def _identity(found: Substance) -> Iterator[Line]:
    about = ((found.reference,), found.seen)
    yield Line("Class", found.group, *about)
    if found.synonyms:
        yield Line("Also called", ", ".join(found.synonyms), *about)
    if found.molar_mass is not None:
        text = f"{found.molar_mass:.2f} g/mol, from the formula {found.formula}"
        yield Line("Molar mass", text, ("prohaska2022standard", found.reference), found.seen)
    for label, text in (("CAS", found.cas), ("InChIKey", found.inchikey), ("Note", found.note)):
        if text:
            yield Line(label, text, *about)
    for salt in found.salts:
        use = (
            "as which doses are labelled"
            if salt.labelled
            else "which labels do not use for the dose"
        )
        text = (
            f"1 mg of {salt.name}, {use}, holds {salt_factor(found.id, salt.name):.3f} mg of base"
        )
        yield Line("Salt", text, ("prohaska2022standard", found.reference), found.seen)
    if found.parent:
        made = f" by {found.made_by}" if found.made_by else ""
        yield Line("Comes from", f"{substance(found.parent).name}{made}", *about)
    formed = [
        f"{each.name} ({each.made_by})" if each.made_by else each.name
        for each in metabolites(found.id)
    ]
    if formed:
        label = "Turned into" if found.kind == "substance" else "Forms"
        yield Line(label, ", ".join(formed), *about)
    for row in _ranked(records("parameters", substance=found.id)):
        known = kind(row.parameter)
        if known is not None and known.section == "identity":
            yield lines.parameter(row)


def _products(name: str) -> Iterator[Line]:
    seen = lines.seen_by_fact()
    for found in products().values():
        if name not in found.substances and not found.id.startswith(f"{name}_"):
            continue
        content = found.entry.get("contents", {})
        held = {"contents": {name: content[name]}} if name in content else {"contents": content}
        for number in numbers(held, found.name, "lots"):
            yield lines.sourced(number, seen)


def _parameters(name: str) -> dict[str, list[Parameter]]:
    found: dict[str, list[Parameter]] = defaultdict(list)
    for row in _ranked(records("parameters", substance=name)):
        known = kind(row.parameter)
        found[known.section if known is not None else "pharmacokinetics"].append(row)
    return found


def _ranked(rows: Iterable[Parameter]) -> list[Parameter]:
    """Best first: selected for the models, checked, recommended, in people, closely seen."""
    chosen = {row.fact for row in records("selected")}

    def rank(row: Parameter) -> tuple[bool, bool, bool, bool, int]:
        settled = row.checked in {"confirmed", "corrected"}
        recommended = row.role.startswith("recommended")
        return (
            row.id not in chosen,
            not settled,
            not recommended,
            row.species != "human",
            SEEN_RANK[row.seen],
        )

    return sorted(rows, key=rank)


def _as_lines(rows: Iterable[Parameter]) -> list[Line]:
    """Parameters as lines; those that only restate another come last and say so."""
    again = restated()
    found = sorted(rows, key=lambda row: row.id in again)
    return [lines.parameter(row, again.get(row.id, "")) for row in found]


def _observations(name: str) -> list[Observation]:
    return [
        row
        for row in records("observations")
        if name in row.substance.split(" + ") or name in row.analyte.split("/")
    ]


def _compares(row: Observation) -> bool:
    return "_ratio" in row.metric


def _sheet(model: Mapping[str, Any]) -> Iterator[Line]:
    if not model:
        return
    seen = lines.seen_by_fact()
    yield Line("Structure", model["selected"], ("model sheet",), "selected")
    for number in numbers(model):
        yield lines.sourced(number, seen)


def _interactions(name: str, rows: list[Parameter], observed: list[Observation]) -> Iterator[Line]:
    yield from (lines.observation(row) for row in observed if _compares(row))
    for row in records("studies"):
        if name in split(row.substances) and "ratio" in row.effect_measure and "AUC" in row.outcome:
            yield lines.study_result(row)
    yield from _as_lines(rows)


def _evidence(name: str, limit: int | None) -> Iterator[Section]:
    studies = [row for row in records("studies") if name in split(row.substances)]
    yield section("Evidence: studies", map(lines.study_result, studies), limit)
    yield section(
        "Evidence: trial arms", map(lines.trial_arm, records("trial-arms", substance=name)), limit
    )
    trials = [row for row in records("registered") if name in split(row.substances)]
    yield section("Evidence: trials under way", map(lines.registered, trials), None)
    risks = [row for row in records("risks") if name in split(row.substances)]
    yield section("Evidence: risks", map(lines.risk, risks), limit)
    names = {each.casefold() for each in substance(name).names if len(each) > 3}
    claims = [
        row for row in records("claims") if any(each in row.claim.casefold() for each in names)
    ]
    told = (
        Line(row.id, f"{row.claim}: {row.verdict}", row.sources, row.seen, row.id) for row in claims
    )
    yield section("Evidence: claims", told, limit)


def _law(found: Substance, limit: int | None) -> Iterator[Line]:
    """The law of the substance; for an alkaloid that the leaf holds, that of kratom too."""
    yield from lines.law_by_state(legal(of=found.id), limit)
    if found.group == "kratom alkaloid" and not found.parent:
        yield from lines.law_by_state(legal(of="kratom"), limit)


def _open(name: str, model: Mapping[str, Any]) -> Iterator[Line]:
    for row in records("questions"):
        if name in split(row.substances):
            yield lines.question(row)
    for each in model.get("unknown", ()):
        yield Line("not known", each, ("model sheet",), "none")
    guessed = [
        each.name for each in numbers(model) if each.guess and not each.rows and not each.fixed
    ]
    if guessed:
        yield Line("guessed", ", ".join(guessed), ("model sheet",), "guess")
