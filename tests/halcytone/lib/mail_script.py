"""A mail server that is a script of replies on a real socket."""

import socket
import threading
import time
from contextlib import suppress

CUT = None
LINES, BYTES = (b"250-more\r\n", b"2")  # said without end


class Script:
    """Plays one list of replies for each connection; CUT hangs up, LINES and BYTES drip for ever."""

    def __init__(self, *connections):
        self.connections, self.heard = list(connections), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        for replies in self.connections:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with suppress(OSError), peer, peer.makefile("rb") as lines:
                self.play(peer, lines, list(replies))

    def play(self, peer, lines, replies):
        while replies:
            reply = replies.pop(0)
            if reply is CUT:
                return
            while reply in (LINES, BYTES):
                peer.sendall(reply)
                time.sleep(0.02)
            peer.sendall(reply + b"\r\n")
            if not self.hear(lines, is_mail=reply.startswith(b"354")):
                return
        while lines.readline():
            pass

    def hear(self, lines, is_mail):
        line = lines.readline()
        self.heard.append(line)
        while is_mail and line and line != b".\r\n":
            line = lines.readline()
            self.heard.append(line)
        return line

    def to_the_end(self):
        """Return every line that was heard once the other side has hung up."""
        self.thread.join(timeout=5)
        assert not self.thread.is_alive()
        return self.heard
