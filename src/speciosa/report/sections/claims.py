"""The ledger of claims: what is said, what is known, and where the recorded verdict and the numbers disagree."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from speciosa.report.figures.figure import anchor_of
from speciosa.report.number import link_numbers, linked, share
from speciosa.report.sections.sources import Sources, keys_in


def claims_html(
    claims: Sequence[Mapping[str, object]],
    sources: Sources,
    beside: Mapping[str, Sequence[str]],
) -> Markup:
    """One block a claim.

    Args:
        claims: rows of the ledger: ``id, claim, kind, verdict, confidence, evidence_supporting,
            evidence_contradicting, references, note``.
        sources: gathers the references cited.
        beside: by claim id, what pooled numbers and the simulation say, in plain sentences.
    """
    return Markup("").join(_claim(row, sources, beside.get(str(row["id"]), ())) for row in claims)


def _claim(row: Mapping[str, object], sources: Sources, beside: Sequence[str]) -> Markup:
    anchor = anchor_of("claim", str(row["id"]))
    confidence = row.get("confidence")
    sure = (
        Markup(" Confidence in the verdict: {}.").format(
            linked(share(float(str(confidence))), anchor)
        )
        if confidence not in (None, "")
        else Markup("")
    )
    lines = [
        Markup("<p><b>{}</b> {} <span class=verdict>{}</span>{}</p>").format(
            linked(str(row["id"]), anchor), row["claim"], row["verdict"], sure
        )
    ]
    if row.get("note"):
        lines.append(Markup("<p>{}</p>").format(link_numbers(str(row["note"]), anchor)))
    lines += [Markup("<p>{}</p>").format(link_numbers(text, anchor)) for text in beside]
    keys = keys_in(str(row.get("references") or ""))
    if keys:
        lines.append(Markup('<p class="basis">Sources: {}</p>').format(sources.links(keys)))
    return Markup('<div class="claim" id="{0}" data-source="#{0}">{1}</div>').format(
        anchor, Markup("").join(lines)
    )
