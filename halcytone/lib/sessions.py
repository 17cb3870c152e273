"""`requests` sessions for libraries that speak by them: their sockets pass the outbound guard too."""

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from halcytone.lib import outbound


class _Guarded(HTTPConnection):
    """Connects to the addresses that the outbound guard lets pass, and to nothing else."""

    def _new_conn(self) -> socket.socket:
        try:
            return outbound.connect(self.host, self.port or self.default_port)
        except OSError as error:
            raise NewConnectionError(self, "it cannot be reached") from error


class _GuardedTls(_Guarded, HTTPSConnection):
    """The same below TLS."""


class _Plain(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _Tls(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class Adapter(HTTPAdapter):
    """Asks once, through guarded sockets, whatever proxies the environment names."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        pools: PoolManager = self.poolmanager
        pools.pool_classes_by_scheme = {"http": _Plain, "https": _Tls}


def guard(session: requests.Session) -> requests.Session:
    """Have every call of this session pass the guard; returns it. Redirects are not followed."""
    session.trust_env = False
    session.max_redirects = 0
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter(max_retries=0))
    return session
