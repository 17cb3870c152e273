"""The sign-in for Facebook pages and Instagram accounts: one dialog of Meta's, and the tokens behind it.

A code stands for a person's token of an hour; that one is exchanged for a token of sixty days; with it Meta
names the pages that the person chose, each with a token of its own, which the channels speak with. Sources:
https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
https://developers.facebook.com/docs/graph-api/reference/user/accounts
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from halcytone.lib import http
from halcytone.lib.errors import Refused, RemoteError
from publishing.channels import credentials, graph, tokens
from publishing.channels.base import AccountFace, HttpChannel
from publishing.channels.passport import Passport

DIALOG = "https://www.facebook.com"
#: A code that was used, that is too old, or that was asked for another address.
CODES = frozenset({36007, 36008, 36009})
MOST_ANSWERS, PAGE_SIZE = 20, 100  # of the list of pages
FIELDS = "id,name,access_token,tasks,instagram_business_account{id,username}"
MAY_POST = frozenset({"CREATE_CONTENT", "MANAGE"})  # tasks of a person at a page; either is enough

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Door:
    """The way in for one account. `owner(page)` is the id of the profile that speaks by this page's token."""

    place: str
    what: str  # "page", "professional account"
    account: AccountFace
    passport: Passport
    owner: Callable[[Row], str]
    transport: httpx.BaseTransport | None

    def places(self) -> tokens.Places:
        base = f"{self.account.endpoint}/{self.passport.api_version}"
        dialog = f"{DIALOG}/{self.passport.api_version}" if graph.is_real(self.account) else base
        return tokens.Places(
            f"{dialog}/dialog/oauth",
            f"{base}/oauth/access_token",
            between=",",
            asks=(("auth_type", "rerequest"),),  # else what was once denied is not asked for again
            has_challenge=False,
        )

    def sign_in(self, code: str, redirect_uri: str, app: tokens.App, now: datetime) -> tokens.Token:
        """Return the token of the account that a code stands for. Raises Refused, Unavailable, Unclear."""
        fields = {"code": code, "redirect_uri": redirect_uri}
        brief = self._made(fields, app, now)
        return self._of_page(self._exchanged(brief.access, app, now), app, now)

    def renew(self, token: tokens.Token, app: tokens.App, now: datetime) -> tokens.Token:
        """Exchange the long-lived token of the person anew, and return the page's token that follows.

        Meta promises no later end for it. Raises Refused, with the code `no_refresh` when the end stays
        as it was: the token is good until then, and a person signs in again.
        """
        if not token.exchange:
            raise Refused(self._again("It has no token of a person"), code=tokens.NOT_RENEWED)
        later = self._of_page(self._exchanged(token.exchange, app, now), app, now)
        if token.ends_at and later.ends_at and later.ends_at <= token.ends_at:
            said = f"{self.place} does not prolong it beyond {token.ends_at:%-d %B %Y}"
            raise Refused(self._again(said), code=tokens.NOT_RENEWED)
        return later

    def _again(self, said: str) -> str:
        return f"{said}; before its end somebody signs in again"

    def _exchanged(self, access: str, app: tokens.App, now: datetime) -> tokens.Token:
        fields = {"grant_type": "fb_exchange_token", "fb_exchange_token": access}
        return self._made(fields, app, now)

    def _made(self, fields: Mapping[str, str], app: tokens.App, now: datetime) -> tokens.Token:
        """Ask for a token, once. The secret goes in the form: an address may end up in a log."""
        app = replace(app, is_posted=True)
        with self._client("") as client:
            data = client.post_form(self.places().token, {**fields, **app.fields()}).data
        return tokens.read(data, tokens.Token(""), now)

    def _of_page(self, person: tokens.Token, app: tokens.App, now: datetime) -> tokens.Token:
        scopes = self._scopes(person.access, app)
        with self._client(person.access) as client:
            page = self._page(list(self._pages(client)))
        access = str(page["access_token"])
        return tokens.Token(
            access=access,
            made_at=now,
            ends_at=_end(self._known(access, app)),
            scopes=scopes,
            exchange=person.access,
        )

    def _scopes(self, access: str, app: tokens.App) -> tuple[str, ...]:
        """Return what the person allowed. Raises Refused naming what she did not."""
        scopes = tuple(str(scope) for scope in self._known(access, app).get("scopes") or ())
        if missing := [scope for scope in self.passport.scopes if scope not in scopes]:
            said = f"{self.place} was not allowed {', '.join(missing)}"
            raise Refused(f"{said}. Connect again and allow all of it", code="missing_scope")
        return scopes

    def _pages(self, client: http.Client) -> Iterator[Row]:
        query: dict[str, str | int] = {"fields": FIELDS, "limit": PAGE_SIZE}
        for _ in range(MOST_ANSWERS):
            data = client.get("/me/accounts", query).data
            yield from graph.rows_of(data, self.place)
            paging = graph.mapping(graph.mapping(data).get("paging"))
            after = graph.mapping(paging.get("cursors")).get("after")
            if not (paging.get("next") and after):
                return
            query["after"] = str(after)

    def _page(self, rows: list[Row]) -> Row:
        """Return the page whose token speaks for the account. Raises Refused saying what is missing."""
        wanted = self.account.profile_id
        page = next((row for row in rows if wanted and self.owner(row) == wanted), None)
        if page is None:
            raise Refused(self._missing(rows), code="no_page")
        tasks = page.get("tasks")
        if isinstance(tasks, list) and not MAY_POST & set(tasks):
            said = f"Who signed in may not publish for the page {page.get('name')}"
            raise Refused(f"{said}; somebody who may signs in", code="no_task")
        if not page.get("access_token"):
            raise Refused(f"{self.place} gave no token of the page", code="no_token")
        return page

    def _missing(self, rows: list[Row]) -> str:
        shown = [f"{row.get('name')} ({owner})" for row in rows[:5] if (owner := self.owner(row))]
        among = f"it showed {', '.join(shown)}" if shown else "it showed none"
        wanted = self.account.profile_id or "without an id in its settings"
        return (
            f"{self.place} did not show the {self.what} {wanted} to this sign-in: {among}. "
            "Choose it in the dialog, or mend the profile of the account"
        )

    def _known(self, access: str, app: tokens.App) -> Row:
        """Return what Meta says of a token: its scopes, and when it ends."""
        with self._client(f"{app.client_id}|{app.secret}") as client:
            data = client.get("/debug_token", {"input_token": access}).data
        return graph.mapping(graph.mapping(data).get("data"))

    def _client(self, access: str) -> http.Client:
        return http.Client(
            self.place,
            f"{self.account.endpoint}/{self.passport.api_version}",
            headers={},
            code=self._meaning,
            auth=credentials.Bearer(access) if access else None,
            transport=self.transport,
        )

    def _meaning(self, answer: http.Answer) -> str | RemoteError:
        error = graph.mapping(graph.mapping(answer.data).get("error"))
        if error.get("error_subcode") in CODES:
            said = (
                f"{self.place} does not accept this sign-in: it was used already, or took too long"
            )
            return Refused(f"{said}. Connect again", code=tokens.INVALID_GRANT)
        if error.get("code") == 190:
            said = f"{self.place} does not accept the sign-in any more; sign in again"
            return Refused(said, code="unauthorized")
        return graph.meaning(self.place, answer)


class MetaChannel(HttpChannel):
    """A channel that speaks by the token of a page, which Meta's sign-in gives.

    `place` is its name for people, `what` is what one signs in for.
    """

    place, what = "", ""

    def client(self) -> http.Client:
        version = self.passport.api_version
        return graph.client(
            self.place, self.account, version, heard=self.hear, transport=self.transport
        )

    def sign_in_urls(self) -> tokens.Places:
        return self.door().places()

    def sign_in(
        self, code: str, verifier: str, redirect_uri: str, app: tokens.App, now: datetime
    ) -> tokens.Token:
        """Return the token of the account's page; Meta takes no verifier. See `Door`."""
        return self.door().sign_in(code, redirect_uri, app, now)

    def renew(self, token: tokens.Token, app: tokens.App, now: datetime) -> tokens.Token:
        """Return a token that ends later, where Meta makes one; see `Door`."""
        return self.door().renew(token, app, now)

    def door(self) -> Door:
        return Door(
            self.place, self.what, self.account, self.passport, self.owner_of, self.transport
        )

    def owner_of(self, page: Row) -> str:
        """Return the id of the profile that speaks by this page's token; "" when there is none."""
        return str(page.get("id") or "")


def _end(known: Row) -> datetime | None:
    """Return the first of its two ends: of the token, and of the access to data. 0 stands for none."""
    given = (known.get("expires_at"), known.get("data_access_expires_at"))
    ends = [each for each in given if isinstance(each, int) and each > 0]
    return datetime.fromtimestamp(min(ends), UTC) if ends else None
