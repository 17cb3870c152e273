"""An SMTP server that takes everything and keeps nothing: `python -m tests.bench.sink` prints its port.

Two processes on one port, each a bare loop over its sockets, so that what hands over is measured and not
what takes. It offers PIPELINING, as the servers of the world do. It ends with its input.
"""

import os
import selectors
import socket
import sys
import threading

PROCESSES, CHUNK = 2, 2**18
END = b"\r\n.\r\n"
REPLIES = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n",
    b"AUTH": b"235 welcome\r\n",
    b"DATA": b"354 go ahead\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Peer:
    """One connection: commands by line, a mail up to the lone dot."""

    def __init__(self, connection):
        self.connection, self.buffer, self.is_mail, self.is_open = connection, b"", False, True
        connection.sendall(b"220 sink\r\n")

    def hear(self):
        data = self.connection.recv(CHUNK)
        self.is_open = bool(data)
        seen = max(0, len(self.buffer) - len(END))
        self.buffer += data
        answers = []
        while self.is_open and (answer := self._answer(seen)):
            answers.append(answer)
            seen = 0
        if answers:
            self.connection.sendall(b"".join(answers))
        return self.is_open

    def _answer(self, seen):
        """Return the answer to what is complete in the buffer; b"" while nothing is."""
        end = self.buffer.find(END if self.is_mail else b"\r\n", seen if self.is_mail else 0)
        if end < 0:
            return b""
        if self.is_mail:
            self.buffer, self.is_mail = self.buffer[end + len(END) :], False
            return b"250 taken\r\n"
        verb, self.buffer = self.buffer[:4].upper(), self.buffer[end + 2 :]
        self.is_mail, self.is_open = verb == b"DATA", verb != b"QUIT"
        return REPLIES.get(verb, b"250 yes\r\n")


def serve(listener):
    listener.setblocking(False)
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.data is None:
                _welcome(waiting, listener)
            elif not _is_alive(key.data):
                waiting.unregister(key.fileobj)
                key.fileobj.close()


def _welcome(waiting, listener):
    try:
        connection, _ = listener.accept()
    except BlockingIOError:  # the other process was faster
        return
    connection.setblocking(True)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    waiting.register(connection, selectors.EVENT_READ, Peer(connection))


def _is_alive(peer):
    try:
        return peer.hear()
    except OSError:
        return False


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    children = []
    for _ in range(PROCESSES - 1):
        if not (child := os.fork()):
            sys.stdin.close()
            serve(listener)
        children.append(child)
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    sys.stdin.read()
    for child in children:
        os.kill(child, 9)


if __name__ == "__main__":
    main()
