"""Connections that ask for nothing, or never finish asking, are closed, so that they take no place from others."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

ASK_S = 10.0
"""Within which a whole request must have come, from the connection or from the end of the last answer."""


class Patient(H11Protocol):
    """The protocol of the server with an end to waiting for a request; a conversation that has begun is not timed here."""

    waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Takes bytes; those of an unfinished request do not lengthen the waiting."""
        super().data_received(data)
        if self._asking():
            self._wait()
        else:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the waiting."""
        self._stop()
        super().connection_lost(exc)

    def _asking(self) -> bool:
        cycle: Any = self.cycle
        own = self.transport.get_protocol() is self
        return own and (cycle is None or bool(cycle.response_complete))

    def _wait(self) -> None:
        if self.waiting is None:
            self.waiting = self.loop.call_later(ASK_S, self._enough)

    def _stop(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def _enough(self) -> None:
        self.waiting = None
        if self._asking() and not self.transport.is_closing():
            self.transport.close()
