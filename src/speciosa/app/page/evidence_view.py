"""What the page Evidence shows: trials of the treatments, networks, pooled questions, claims; each with its sources."""

from collections.abc import Iterable
from functools import lru_cache

import polars as pl
from markupsafe import Markup

from speciosa import facts
from speciosa.app.asking import choices
from speciosa.app.asking.state import State
from speciosa.app.look.drawing import View
from speciosa.comparison.trials import Pooled
from speciosa.comparison.trials import pooled as pooled_network
from speciosa.errors import InputError
from speciosa.evidence.ledger.claims import support
from speciosa.evidence.ledger.pools import PooledEvidence
from speciosa.evidence.ledger.pools import pooled as pooled_question
from speciosa.evidence.network.words import describe
from speciosa.evidence.pairwise.words import describe as describe_pool
from speciosa.facts.monographs import lines
from speciosa.facts.schema import StudyResult
from speciosa.pharmacology.dosing import schedule
from speciosa.report.figures.forest import forest, forest_table
from speciosa.report.figures.network import edges_table, network_chart
from speciosa.report.figures.network_forest import (
    forest_table as network_forest_table,
)
from speciosa.report.figures.network_forest import network_forest
from speciosa.report.figures.rankogram import rank_table, rankogram
from speciosa.report.number import table_html
from speciosa.report.sections.claims import claims_html
from speciosa.report.sections.evidence_part import (
    islands_apart,
    network_agreement,
    network_trials,
)
from speciosa.report.sections.league import league_html
from speciosa.report.sections.network_certainty import certainty_html
from speciosa.report.sections.sources import Sources
from speciosa.study.question.regimens import read_regimen
from speciosa.study.question.schema import Evidence

_ROWS, _FIRST = 40, 5


def view(state: State, narrow: bool) -> View:
    """Trials of the chosen treatments; the network; the pooled question; the claims; the references."""
    page, sources = View(), Sources()
    names = substances(state)
    page.text(_trials(names, sources))
    _network(page, network(state["network"]), sources, narrow)
    _pool(page, pool(state["pool"]), sources, narrow)
    page.text(_claims(state["claim"], sources))
    page.text(
        Markup('<h2 id="sources">Sources</h2>{}<p id="methods" class="basis">{}</p>').format(
            sources.html(),
            "Networks: random effects, REML. Measures and pools: as each caption says. Methods: docs/evidence.md.",
        )
    )
    return page


@lru_cache(maxsize=16)
def network(name: str) -> Pooled:
    """A network of trials, pooled once."""
    return pooled_network(name, Evidence(networks=(name,)))


@lru_cache(maxsize=64)
def pool(name: str) -> PooledEvidence:
    """A pooled question, computed once."""
    return pooled_question(name)


def substances(state: State) -> tuple[str, ...]:
    """What the chosen treatments hold; kratom also by its name."""
    found: dict[str, None] = {}
    for number in range(1, 5):
        text = state[f"arm{number}"]
        if text == choices.ABSENT:
            continue
        try:
            given = schedule(read_regimen(text)).substances
        except InputError:
            continue
        found |= dict.fromkeys(given)
    if any("mitragynine" in name for name in found):
        found = {"kratom": None, **found}
    return tuple(found)


def _trials(names: tuple[str, ...], sources: Sources) -> Markup:
    """Results of studies of what was chosen on the page Compare, those in humans first."""
    rows: list[StudyResult] = [row for row in facts.records("studies") if set(names) & _of(row)]
    rows.sort(key=_directness)
    head = Markup("<h2>What the trials say of your treatments</h2>")
    if not rows:
        return head + Markup("<p>No study of the fact base tests them.</p>")
    without = [
        name.replace("_", " ") for name in names if not any(name in _of(row) for row in rows)
    ]
    none = f" No study of {', '.join(without)} by itself." if without else ""
    shown = sorted(_fairly(rows, names), key=_directness)
    more = f" {len(shown)} are shown; the page Sources has all." if len(shown) < len(rows) else ""
    count = f"{len(rows)} results of studies with these substances.{none}{more}"
    folded = Markup('<details id="more-trials"><summary>{} further results</summary>{}</details>')
    rest = shown[_FIRST:]
    return Markup("{}<p>{}</p>{}{}").format(
        head,
        count,
        _studies(shown[:_FIRST], sources),
        folded.format(str(len(rest)), _studies(rest, sources)) if rest else "",
    )


def _directness(row: StudyResult) -> int:
    """Randomised studies first, then other studies in people, then animals."""
    if "animal" in row.design:
        return 2
    return 0 if "RCT" in row.design else 1


def _studies(rows: Iterable[StudyResult], sources: Sources) -> Markup:
    return Markup(
        '<div class="table stacked"><table><thead><tr><th scope="col">Study</th><th scope="col">Outcome</th>'
        '<th scope="col">Result</th><th scope="col">Source</th></tr></thead><tbody>{}</tbody></table></div>'
    ).format(Markup("").join(_study(row, sources) for row in rows))


def _of(row: StudyResult) -> set[str]:
    return {part.strip() for part in row.substances.split(";")}


def _fairly(rows: list[StudyResult], names: tuple[str, ...]) -> list[StudyResult]:
    """The first rows of each substance in turn, so that one with many does not hide the others."""
    by_name = [[row for row in rows if name in _of(row)] for name in names]
    chosen: dict[str, StudyResult] = {}
    for place in range(max(map(len, by_name), default=0)):
        for found in by_name:
            if place < len(found) and len(chosen) < _ROWS:
                chosen.setdefault(found[place].id, found[place])
    return list(chosen.values())


def _study(row: StudyResult, sources: Sources) -> Markup:
    line = lines.study_result(row)
    return Markup(
        '<tr id="{0}" data-source="#{0}"><th scope="row">{1}</th><td>{2}</td><td>{3}</td>'
        '<td>{4} <span class="basis">{5}</span></td></tr>'
    ).format(
        row.id,
        row.study,
        row.outcome,
        line.text,
        Markup(", ").join(sources.link(key) for key in line.sources),
        line.seen,
    )


def _network(page: View, found: Pooled, sources: Sources, narrow: bool) -> None:
    page.heading(f"Network: {found.title}", "at-network")
    left = (
        f" Left out, known only from memory: {', '.join(found.left_out)}." if found.left_out else ""
    )
    if found.result is None:
        page.text(Markup('<p class="gap">{}{}</p>').format(found.problem, left))
        page.text(islands_apart(found, "at-network") + network_trials(found, "at-network", sources))
        return
    about = f"{_begun(found.outcome)}. {_begun(describe(found.result))}.{left}"
    page.text(network_agreement(found.result, "fig-network-forest"))
    above = Markup('Source: <a href="#fig-network-forest">the trials named above</a>.')
    page.draw(
        "network-forest",
        f"Every treatment against {found.result.reference}",
        Markup(
            "{} Squares: estimates with intervals; dashed: the effect to expect in a new study. Trials: {}."
        ).format(about, sources.links(found.studies.values())),
        network_forest(found.result, narrow=narrow).to_dict(validate=False),
        network_forest_table(found.result),
    )
    page.draw(
        "network-graph",
        "What was compared with what",
        Markup("{} Lines: trials that compare the two, their number on the line. {}").format(
            about, above
        ),
        network_chart(found.result.network, narrow=narrow).to_dict(validate=False),
        edges_table(found.result.network),
    )
    page.text(
        Markup('<details id="league"><summary>League table</summary>{}</details>').format(
            league_html(found.result)
        )
    )
    page.text(certainty_html(found.certainty, "fig-network-forest"))
    page.text(network_trials(found, "fig-network-forest", sources))
    if found.result.coherence.ranking:
        return
    page.draw(
        "rankogram",
        "How sure the ranking is",
        Markup("{} Probability of each rank. {}").format(about, above),
        rankogram(found.result.ranks).to_dict(validate=False),
        rank_table(found.result.ranks),
        narrow=narrow,
    )


def _pool(page: View, found: PooledEvidence, sources: Sources, narrow: bool) -> None:
    page.heading(f"Pooled: {found.title}", "at-pool")
    page.text(Markup("<p>{}</p><p>{}</p>").format(found.sentence(), found.note))
    keys = [str(facts.fact(row).reference) for row in found.rows]
    if found.result is None:
        page.text(Markup('<p class="basis">Sources: {}</p>').format(sources.links(keys)))
        return
    page.draw(
        "forest",
        found.title,
        Markup("{}. {}. {}. Studies: {}.").format(
            _begun(found.population),
            _begun(found.outcome),
            describe_pool(found.result),
            sources.links(keys),
        ),
        forest(found.result, narrow=narrow).to_dict(validate=False),
        forest_table(found.result),
    )
    if found.certainty is not None:
        rows = [
            {"domain": j.domain, "judgement": j.severity, "why": j.reason}
            for j in found.certainty.judgements
        ]
        page.text(
            table_html(
                rows, "methods", caption=f"Certainty of the evidence: {found.certainty.level}."
            )
        )


def _begun(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=1)
def _beside() -> dict[str, tuple[str, ...]]:
    return {name: _sentences(name) for name in facts.table("claims")["id"].to_list()}


def _sentences(name: str) -> tuple[str, ...]:
    behind = support(name)
    return (
        behind.reason,
        *behind.pooled_sentences,
        *behind.disagreements,
        behind.under_way_sentence,
        f"What would settle it: {behind.settles}",
    )


def _claims(verdict: str, sources: Sources) -> Markup:
    claims = facts.table("claims")
    if verdict:
        claims = claims.filter(pl.col("verdict") == verdict)
    rows: Iterable[dict[str, object]] = claims.to_dicts()
    html = claims_html(list(rows), sources, _beside())
    return Markup('<h2 id="at-claims">Claims and their verdicts: {}</h2>{}').format(
        str(len(claims)), html
    )
