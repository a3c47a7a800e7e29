"""What is printed: text alone. Names from files reach the terminal without the characters that would control it."""

from typing import Any, TextIO, cast

from speciosa.errors import printable


def plain(stream: TextIO) -> TextIO:
    r"""A stream that writes controls of a terminal, and what its encoding has no character for, as escapes.

    Example:
        >>> from io import StringIO
        >>> written = StringIO()
        >>> print("tea\x1b[2J", file=plain(written)); written.getvalue()
        'tea\\x1b[2J\n'
    """
    return stream if isinstance(stream, _Plain) else cast(TextIO, _Plain(stream))


class _Plain:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        coding = getattr(self._stream, "encoding", None) or "utf-8"
        shown = printable(text).encode(coding, "backslashreplace").decode(coding)
        return self._stream.write(shown)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
