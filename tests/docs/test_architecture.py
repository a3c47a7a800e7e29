"""The picture of the floors is drawn from the contracts that hold them, and the page speaks of every floor."""

import importlib.util
from pathlib import Path
from xml.etree import ElementTree

REPOSITORY = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location(
    "draw_architecture", REPOSITORY / "tools" / "draw_architecture.py"
)
assert SPEC is not None and SPEC.loader is not None
drawing = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(drawing)


def test_every_floor_and_door_is_in_the_picture() -> None:
    words = {text.text for text in ElementTree.fromstring(drawing.picture()).iter() if text.text}
    names = {name.strip("()") for floor in drawing.floors() for name in floor}
    assert {"cli", "engine", "facts", "errors"} <= names <= words


def test_the_rooms_of_a_floor_are_named() -> None:
    assert {"effect", "exposure"} <= set(drawing.rooms("pharmacology").split(" · "))
    assert drawing.rooms("regimen") == ""


def test_the_page_speaks_of_every_folder() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = [
        place.parent.name for place in (REPOSITORY / "src" / "speciosa").glob("*/__init__.py")
    ]
    missing = [name for name in folders if f"`{name}`" not in page]
    assert folders and missing == [], "say in docs/architecture.md what lives there"
