"""Files that are whole or not there: written beside their place and renamed."""

from pathlib import Path


def save_whole(path: Path, content: str | bytes) -> Path:
    r"""Writes a file so that whoever finds it finds all of it, whenever the writing was interrupted.

    Args:
        path: of the file; its folder is made.
        content: text is encoded as UTF-8.

    Returns:
        `path`.

    Example:
        >>> from tempfile import mkdtemp
        >>> save_whole(Path(mkdtemp()) / "tables" / "a.csv", "x\n").read_text()
        'x\n'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    beside.replace(path)
    return path
