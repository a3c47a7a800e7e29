"""How sure pooled evidence is, in words for a terminal."""

from collections.abc import Sequence

from speciosa.evidence.appraisal.certainty import ComparisonCertainty


def certainty_text(found: Sequence[ComparisonCertainty]) -> str:
    """GRADE's sentence of each comparison and the domains behind it, for a terminal."""
    lines = ["How sure each comparison is (domains of CINeMA):"]
    for one in found:
        lines.append(f"  {one.statement}")
        lines += [f"    {d.name}: {d.concern} ({d.reason})" for d in one.domains]
    return "\n".join(lines)
