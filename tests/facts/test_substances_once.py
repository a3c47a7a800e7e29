"""A substance stands in one file: a second entry would take the place of the first without a word."""

from pathlib import Path

import pytest

from speciosa.errors import FactError
from speciosa.facts.registry import substances

ENTRY = '[naproxen]\nname = "Naproxen"\nclass = "painkiller"\n'


def test_a_second_entry_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "interactions").mkdir()
    (tmp_path / "substances.toml").write_text(ENTRY)
    (tmp_path / "interactions" / "substances.toml").write_text(
        ENTRY.replace("naproxen", "ketorolac")
    )
    assert set(substances(tmp_path / "substances.toml")) == {"naproxen", "ketorolac"}
    (tmp_path / "interactions" / "substances-more.toml").write_text(ENTRY)
    with pytest.raises(
        FactError, match=r"substances-more.toml, naproxen: expected each substance in one"
    ):
        substances(tmp_path / "substances.toml")
