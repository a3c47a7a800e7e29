"""What the documentation site needs beside its pages: a hook of MkDocs (``hooks`` in ``mkdocs.yml``).

The reference pages are written from the faces of the package, so that none of their names is forgotten: each name that a
face exports gets its docstring, in the order of the face.
Pages of the root are taken in. Formulas become MathML, which browsers show without a script.
"""

import ast
import re
import sys
from html import unescape
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))
from draw_architecture import PICTURE, picture  # noqa: E402

PACKAGE = Path(__file__).parents[1] / "src" / "speciosa"
FACES = {
    "index": (
        "",
        "Python",
        "`import speciosa as sp` offers these. Names on no page of this part are inside matters.",
    ),
    "study": ("study", "speciosa.study", "The question, as a study file asks it."),
    "model": ("model", "speciosa.model", "A model as equations."),
    "engine": ("engine", "speciosa.engine", "From equations to solutions for a population."),
    "population": ("population", "speciosa.population", "Virtual patients."),
    "pharmacology": ("pharmacology", "speciosa.pharmacology", "The models of the library."),
    "evidence": ("evidence", "speciosa.evidence", "What trials say."),
    "decision": ("decision", "speciosa.decision", "Benefit weighed against risk."),
    "facts": ("facts", "speciosa.facts", "What is known, and how."),
}


FROM_THE_ROOT = ("CONTRIBUTING", "CHANGELOG", "SECURITY")


def exports(face: str) -> list[tuple[str, str]]:
    """The names that a face exports, each with the module where it lives."""
    folder = PACKAGE / face
    stub = folder / "__init__.pyi"
    source = stub if stub.exists() else folder / "__init__.py"
    home = f"speciosa.{face}".rstrip(".")
    found = []
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ImportFrom) or not any(name.asname for name in node.names):
            continue
        module = f"{home}.{node.module}" if node.level and node.module else node.module or home
        found += [(name.name, module) for name in node.names if name.asname]
    return found


def page(face: str, title: str, words: str) -> str:
    """The Markdown of one reference page; what has its place on another page is named with a link to it."""
    parts = [f"# {title}", words]
    for name, module in exports(face):
        other = module.split(".")[1] if "." in module else name
        elsewhere = _anchor(other, name) if not face else None
        if elsewhere is not None:
            parts.append(f"[`speciosa.{name}`]({other}.md{elsewhere})")
        else:
            parts.append(f"::: {module}.{name}")
    return "\n\n".join(parts) + "\n"


def _anchor(other: str, name: str) -> str | None:
    """Where the page of another face has the name; none where it has not."""
    if other == name:
        return ""
    if other == "errors":
        return f"#speciosa.errors.{name}"
    module = dict(exports(other)).get(name) if other in FACES else None
    return None if module is None else f"#{module}.{name}"


def on_pre_build(**_: Any) -> None:
    """Draws the floors of the house as they are today."""
    drawn = picture()
    if PICTURE.read_text(encoding="utf-8") != drawn:
        PICTURE.write_text(drawn, encoding="utf-8")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the reference pages to those that lie in ``docs``."""
    for name, (face, title, words) in FACES.items():
        files.append(
            File.generated(config, f"reference/{name}.md", content=page(face, title, words))
        )
    for name in FROM_THE_ROOT:
        files.append(File.generated(config, f"{name.casefold()}.md", content=_from_the_root(name)))
    errors = "# speciosa.errors\n\n::: speciosa.errors\n    options:\n      show_root_heading: false\n      heading_level: 2\n"
    files.append(File.generated(config, "reference/errors.md", content=errors))
    return files


def _from_the_root(name: str) -> str:
    """A page that lies in the root of the repository, with its links as they are in the site."""
    text = (PACKAGE.parents[1] / f"{name}.md").read_text(encoding="utf-8")
    text = re.sub(r"\[([^\]]+)\]\(changelog\.d/[^)]*\)", r"\1", text).replace("](docs/", "](")
    for other in FROM_THE_ROOT:
        text = text.replace(f"]({other}.md", f"]({other.casefold()}.md")
    return text


def on_page_content(html: str, **_: Any) -> str:
    """Turns the formulas of a page, which Arithmatex marked, into MathML."""
    html = re.sub(r'<span class="arithmatex">\\\((.*?)\\\)</span>', _inline, html, flags=re.DOTALL)
    return re.sub(r'<div class="arithmatex">\\\[(.*?)\\\]</div>', _display, html, flags=re.DOTALL)


def _inline(found: "re.Match[str]") -> str:
    return convert(unescape(found[1]))


def _display(found: "re.Match[str]") -> str:
    return f"<p>{convert(unescape(found[1]), display='block')}</p>"
