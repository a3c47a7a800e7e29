"""Files that were made for a reader and wait to be fetched: in memory, a few at a time, under a name that none can guess."""

import secrets
from collections import OrderedDict

SHELF = "/kept/"


class Shelf:
    """Files by an unguessable name; the oldest go first.

    Args:
        most_bytes: of all files together.

    Example:
        >>> shelf = Shelf(10)
        >>> first, second = shelf.put("a.txt", b"123456"), shelf.put("b.txt", b"123456")
        >>> shelf.find(first) is None, shelf.find(second)
        (True, ('b.txt', b'123456'))
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._files: OrderedDict[str, tuple[str, bytes]] = OrderedDict()

    def put(self, name: str, content: bytes) -> str:
        """Keeps a file and returns its key."""
        key = secrets.token_urlsafe(18)
        self._files[key] = (name, content)
        while len(self._files) > 1 and self._size() > self.most_bytes:
            self._files.popitem(last=False)
        return key

    def find(self, key: str) -> tuple[str, bytes] | None:
        """Name and content of a file; None where it is no longer kept."""
        return self._files.get(key)

    def _size(self) -> int:
        return sum(len(content) for _, content in self._files.values())
