"""Request bodies of unknown length get one at the door, so that every limit behind it can be by length."""

from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import IO, Any

PIECE = 65_536  # bytes read at once
IN_MEMORY = 1_048_576  # bytes kept out of the file system

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Measured:
    """A WSGI application whose chunked requests are read first, to one byte over `most` and no further.

    Django takes a body without Content-Length for an empty one. A body that is too long is handed on
    with a length that every limit refuses.
    """

    def __init__(self, application: Application, most: int) -> None:
        self.application = application
        self.most = most

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if not (is_chunked and environ.get("wsgi.input_terminated")):
            return self.application(environ, start_response)
        with SpooledTemporaryFile(IN_MEMORY) as body:
            length = _copied(environ["wsgi.input"], body, self.most + 1)
            body.seek(0)
            environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(length)}
            return self.application(environ, start_response)


def _copied(source: IO[bytes], body: IO[bytes], most: int) -> int:
    length = 0
    while piece := source.read(min(PIECE, most - length)):
        length += body.write(piece)
        if length == most:
            break
    return length
