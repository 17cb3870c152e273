"""One port, two languages: HTTP clients speak first, SMTP clients wait for the banner."""

import asyncio
from collections.abc import Callable

# How long a client may stay silent before it is greeted as SMTP. A busy machine needs more than the
# few milliseconds a browser takes; SMTP clients pay it once for each connection.
PATIENCE_S = 0.1
SMTP_VERBS = (b"EHLO", b"HELO", b"QUIT", b"NOOP")


class Doorman(asyncio.Protocol):
    """Hands each connection to the protocol that its first bytes ask for."""

    def __init__(
        self,
        http: Callable[[], asyncio.Protocol],
        smtp: Callable[[], asyncio.Protocol],
        guests: set[asyncio.Transport],
    ) -> None:
        self.http, self.smtp, self.guests = http, smtp, guests

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server gives no other
        self.transport = transport
        self.guests.add(transport)
        loop = asyncio.get_running_loop()
        self.greeting = loop.call_later(PATIENCE_S, self._hand_over, self.smtp)

    def data_received(self, data: bytes) -> None:
        self.greeting.cancel()
        is_smtp = data[:4].upper() in SMTP_VERBS
        self._hand_over(self.smtp if is_smtp else self.http).data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.greeting.cancel()
        self.guests.discard(self.transport)

    def _hand_over(self, make: Callable[[], asyncio.Protocol]) -> asyncio.Protocol:
        protocol = make()
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        self.guests -= {guest for guest in self.guests if guest.is_closing()}
        return protocol
