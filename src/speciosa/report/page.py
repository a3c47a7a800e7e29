"""The page: parts in order, in one self-contained HTML file that works offline."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment
from markupsafe import Markup

from speciosa.report.texts import text
from speciosa.study.cautions import EMERGENCY


@dataclass(frozen=True)
class Part:
    """One section of a page.

    Attributes:
        anchor: of the section.
        title: of the section.
        body: its HTML.
        own_page: whether it is shown alone, once a link leads into it.
    """

    anchor: str
    title: str
    body: Markup
    own_page: bool = False


def page(title: str, question: str, parts: Sequence[Part], footer: str) -> str:
    """The whole HTML text; it asks nothing of the network and runs no script."""
    folder = files("speciosa.report") / "templates"
    template = Environment(autoescape=True, trim_blocks=True).from_string(
        (folder / "report.html").read_text(encoding="utf-8")
    )
    style = Markup((folder / "style.css").read_text(encoding="utf-8"))
    return template.render(
        title=title,
        question=question,
        notice=text("notice.short"),
        emergency=EMERGENCY,
        back=text("part.back"),
        parts=parts,
        style=style,
        footer=Markup(footer),
    )
