"""Pages on our own site: nothing leaves this installation, the page is simply there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Protocol

from django.core.exceptions import ObjectDoesNotExist

from halcytone.lib import outbound
from halcytone.lib.errors import Refused, WrongState
from publishing.channels.base import AccountFace, Channel, Content, Message, Receipt
from publishing.channels.passport import ARCHIVE, DELETE, EDIT, IDEMPOTENT_KEY, READ_BACK, Passport

ADDRESS = re.compile(r"/(updates|blog|announcements|sessions)/[a-z0-9-]{1,100}")
PARTS = ("title", "html", "path", "published_on", "canonical")


class Shelf(Protocol):
    """Where pages are put, seen at once; a page has a `pk`. Raises WrongState for a taken address."""

    def publish(self, content: Content, *, key: str, at: datetime) -> Any: ...
    def change(self, page_id: int, content: Content, *, key: str, at: datetime) -> Any: ...
    def withdraw(self, page_id: int) -> None: ...
    def find(self, key: str) -> Any: ...
    def url(self, page: Any) -> str: ...


class Site(Channel):
    """Publishes pages on the site of this installation. `shelf` names what keeps them.

    There is no server to be reached and no secret: an account needs neither endpoint nor credential.
    """

    name = "site"
    formats = ("web",)
    schemes = ()
    can_read_back = True
    is_here = True
    passport = Passport(
        limits={"title": 200, "html": 500_000, "excerpt": 500},
        alt_text="the alt attribute of each image",
        abilities=frozenset({EDIT, DELETE, READ_BACK, IDEMPOTENT_KEY, ARCHIVE}),
    )

    def __init__(
        self,
        account: AccountFace,
        *,
        shelf: str | Shelf = "publishing.services.site",
        **options: Any,
    ) -> None:
        super().__init__(account, **options)
        self._shelf = shelf

    @property
    def shelf(self) -> Shelf:
        shelf: Shelf = import_module(self._shelf) if isinstance(self._shelf, str) else self._shelf
        return shelf

    def problems(self, content: Content) -> list[str]:
        found = [f"The page has no {key}" for key in PARTS if not content.get(key)]
        for key in ("title", "html", "excerpt"):
            size = len(content.get(key) or "")
            if size > (most := self.passport.limit(key, size)):
                found.append(f"The {key} has {size:,} characters, our site takes {most:,}")
        if content.get("path") and not ADDRESS.fullmatch(str(content["path"])):
            found.append(
                "The address is /updates/, /blog/, /announcements/ or /sessions/ and a slug"
            )
        return found

    @contextmanager
    def session(self) -> Iterator["SiteSession"]:
        yield SiteSession(self)

    def read_back(self, message: Message) -> Receipt | None:
        if not self.account.can_read_back:
            return super().read_back(message)
        page = self.shelf.find(message.key)
        return self.receipt(page) if page else None

    def receipt(self, page: Any) -> Receipt:
        return Receipt(str(page.pk), self.shelf.url(page))


class SiteSession:
    """A way to the shelf."""

    def __init__(self, channel: Site) -> None:
        self.channel = channel

    def send(self, message: Message) -> Receipt:
        self._require(message.content)
        outbound.require_reach()
        at = message.at or datetime.now(UTC)
        with refusing():
            page = self.channel.shelf.publish(message.content, key=message.key, at=at)
        return self.channel.receipt(page)

    def edit(self, provider_id: str, content: Content, *, key: str, at: datetime) -> None:
        """Change a page; what it said before is kept."""
        self._require(content)
        with refusing():
            self.channel.shelf.change(_number(provider_id), content, key=key, at=at)

    def delete(self, provider_id: str) -> None:
        """Withdraw a page: whoever asks for it is told that it is gone."""
        with suppress(ObjectDoesNotExist):  # gone altogether is gone
            self.channel.shelf.withdraw(_number(provider_id))

    def archive(self, provider_id: str, *, key: str) -> None:
        """Take a page out of sight: its address answers 410, its row keeps what it said."""
        with refusing():
            self.channel.shelf.withdraw(_number(provider_id))

    def _require(self, content: Content) -> None:
        if problems := self.channel.problems(content):
            raise Refused(problems[0], code="bad_content")


@contextmanager
def refusing() -> Iterator[None]:
    """Say of a page that cannot stand there what every place says."""
    try:
        yield
    except WrongState as error:
        raise Refused(str(error), code=error.code) from error
    except ObjectDoesNotExist as error:
        raise Refused("Our site has no such page", code="not_found") from error


def _number(provider_id: str) -> int:
    return int(provider_id) if provider_id.isdecimal() else 0
