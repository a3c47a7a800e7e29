"""Draws the floors of the house, with their rooms, from the contracts in ``pyproject.toml``: ``docs/architecture.svg``.

python tools/draw_architecture.py
"""

import tomllib
from html import escape
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PICTURE = REPOSITORY / "docs" / "architecture.svg"
WIDTH, LEFT, HEIGHT, GAP = 860, 40, 46, 8
STYLE = (
    "text{font-family:system-ui,sans-serif;fill:#1b2a2f}.name{font-size:14px;font-weight:600}.rooms{font-size:11px;fill:#44585f}"
    ".floor{fill:#e3f0ee;stroke:#2a7f74}.door{fill:#fff;stroke:#2a7f74;stroke-dasharray:4 3}.way{stroke:#44585f;fill:none}"
)


def floors() -> list[list[str]]:
    """The floors from the roof down; names in brackets are doors left open."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["containers"] == ["speciosa"])
    return [[name.strip() for name in layer.split("|")] for layer in layers]


def rooms(floor: str) -> str:
    """The folders of code in a floor, in words."""
    folder = REPOSITORY / "src" / "speciosa" / floor
    return " · ".join(sorted(place.parent.name for place in folder.glob("*/__init__.py")))


def picture() -> str:
    """The picture as SVG."""
    parts, top = [], GAP
    for floor in floors():
        width = (WIDTH - LEFT - GAP * len(floor)) / len(floor)
        for index, name in enumerate(floor):
            plain, x = name.strip("()"), LEFT + index * (width + GAP)
            kind = "door" if name.startswith("(") else "floor"
            words = rooms(plain)
            y = top + (20 if words else 28)
            parts.append(
                f'<rect class="{kind}" x="{x:.0f}" y="{top}" width="{width:.0f}" height="{HEIGHT}" rx="4"/>'
            )
            parts.append(f'<text class="name" x="{x + 12:.0f}" y="{y}">{escape(plain)}</text>')
            if words:
                parts.append(
                    f'<text class="rooms" x="{x + 12:.0f}" y="{y + 17}">{escape(words)}</text>'
                )
        top += HEIGHT + GAP
    way = f'<path class="way" d="M20 {GAP} V{top - 14} m-5 -8 l5 8 l5 -8"/>'
    turned = f'transform="translate(14 {top / 2:.0f}) rotate(-90)" text-anchor="middle"'
    words = f'<text class="rooms" {turned}>imports go down only</text>'
    title = "<title>The floors of Speciosa from the roof down; each imports only from floors below it</title>"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img">'
    back = f'<rect width="{WIDTH}" height="{top}" fill="#fff"/>'
    return "\n".join((head, title, f"<style>{STYLE}</style>", back, way, words, *parts, "</svg>\n"))


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
