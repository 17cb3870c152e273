"""An SMTP server that takes everything and keeps nothing: `python -m tests.bench.sink` prints its port.

Fast on purpose, so that what hands over is measured and not what takes. It ends with its input.
"""

import asyncio
import sys

END = b"\r\n.\r\n"
REPLIES = {
    b"EHLO": b"250-sink\r\n250 AUTH PLAIN\r\n",
    b"AUTH": b"235 welcome\r\n",
    b"DATA": b"354 go ahead\r\n",
}


class Sink(asyncio.Protocol):
    """One connection: commands by line, a mail up to the lone dot."""

    def connection_made(self, transport):
        self.transport, self.buffer, self.is_mail, self.seen = transport, b"", False, 0
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.buffer += data
        while self._mail() if self.is_mail else self._command():
            pass

    def _mail(self):
        end = self.buffer.find(END, max(0, self.seen - len(END)))
        self.seen = len(self.buffer)
        if end < 0:
            return False
        self.buffer, self.is_mail, self.seen = self.buffer[end + len(END) :], False, 0
        self.transport.write(b"250 taken\r\n")
        return True

    def _command(self):
        line, ended, rest = self.buffer.partition(b"\r\n")
        if not ended:
            return False
        verb = line[:4].upper()
        self.buffer, self.is_mail = rest, verb == b"DATA"
        if verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
            return False
        self.transport.write(REPLIES.get(verb, b"250 yes\r\n"))
        return True


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
