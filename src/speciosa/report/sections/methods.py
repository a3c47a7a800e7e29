"""How the numbers were made, and what is not known: the same in words for every report."""

from markupsafe import Markup

from speciosa import facts
from speciosa.comparison import Comparison
from speciosa.comparison.findings import findings
from speciosa.facts.sheets.sheet import sheet
from speciosa.report.names import substance_name
from speciosa.report.number import link_numbers, linked
from speciosa.report.patients import patients_in_words
from speciosa.report.texts import listed, text, texts
from speciosa.study import Study


def methods_html(comparison: Comparison) -> Markup:
    """Population, model, uncertainty, evidence and weighing, each number linked to this section's own account."""
    body = Markup("").join(
        Markup("<p><b>{}.</b> {}</p>").format(title, link_numbers(words, "methods"))
        for title, words in _account(comparison.study)
    )
    notes = Markup("").join(
        Markup("<p>{}</p>").format(link_numbers(note, "methods")) for note in comparison.notes
    )
    outcomes = Markup("").join(
        Markup("<li><b>{}</b>: {}.</li>").format(
            link_numbers(entry.title, "methods"), link_numbers(entry.plain, "methods")
        )
        for entry in comparison.run.definitions.values()
    )
    return body + Markup("<h3>Outcomes</h3><ul>{}</ul>").format(outcomes) + notes


def _account(study: Study) -> list[tuple[str, str]]:
    """The paragraphs of the section, each with its heading."""
    population = study.population
    who = patients_in_words(population.covariates)
    values = {
        "patients": population.patients,
        "draws": population.draws,
        "seed": population.seed,
        "shared": text("methods.shared", who=who) if who else "",
        "recalled": text(f"methods.recalled_{'in' if study.evidence.recalled else 'out'}"),
        "samples": study.benefit_risk.samples,
        "until": study.follow_up.until,
    }
    return [
        (entry["title"], entry["text"].format(**values)) for entry in texts("methods.part").values()
    ]


def unknown_html(comparison: Comparison, main: str = "") -> Markup:
    """What no source tells, by substance, as the model sheets record it; and what the model leaves out.

    Args:
        comparison: the question answered.
        main: key of the outcome that the question is about, of which it is said whom no study tells.
    """
    substances = dict.fromkeys(s for arm in comparison.run.arms for s in arm.substances)
    items = []
    for name in substances:
        for gap in sheet(name).unknown:
            items.append(
                Markup("<li><b>{}</b>: {}</li>").format(
                    substance_name(name), link_numbers(gap, f"sheet-{name.replace('_', '-')}")
                )
            )
    for arm, outcome in comparison.run.missing:
        items.append(
            Markup("<li>{} cannot be estimated for {}.</li>").format(
                link_numbers(outcome, "methods"), arm
            )
        )
    matters = Markup("").join(
        Markup("<li>{}</li>").format(link_numbers(words, "unknown"))
        for words in _matters(comparison, main)
    )
    count = linked(str(len(items)), "unknown")
    return Markup(
        "<ul>{}</ul><details><summary>{} gaps of the models, by substance</summary><ul>{}</ul></details>"
    ).format(matters, count, Markup("").join(items))


def _matters(comparison: Comparison, main: str) -> list[str]:
    """What nobody knows and a reader should, by what the study compares."""
    groups = {
        str(facts.substance(name).group) for arm in comparison.run.arms for name in arm.substances
    }
    told = [text("unknown.long"), text(f"unknown.{comparison.study.indication}")]
    if any("kratom" in group for group in groups):
        told += [text("unknown.kratom_trials"), text("unknown.kratom_products")]
    return [*told, *_untried(comparison, main), *_unmodelled(comparison), text("unknown.model")]


def _untried(comparison: Comparison, main: str) -> list[str]:
    """The arms of whose main outcome no study here tells."""
    rows = findings(comparison.run)
    cells = next((row.cells for row in rows if row.key == main), {})
    without = [
        name
        for name, cell in cells.items()
        if cell.trial is None and comparison.run.arm(name).substances
    ]
    title = next((row.title[:1].lower() + row.title[1:] for row in rows if row.key == main), "")
    return [text("unknown.untried", what=title, arms=listed(without))] if without else []


def _unmodelled(comparison: Comparison) -> list[str]:
    """The groups of people whose difference no model of an arm holds."""
    found: dict[str, list[str]] = {}
    for each in comparison.special:
        if not each.modelled:
            found.setdefault(each.group, []).append(each.arm)
    return [text(f"unknown.{group}", arms=listed(arms)) for group, arms in found.items()]
