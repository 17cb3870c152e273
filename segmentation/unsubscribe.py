"""Tokens of the unsubscribe and preference links: signed, never expiring, naming one person and list.

Source: RFC 8058, and the audience specification (tokens work for at least two years; these do as
long as the secret they were signed with is among SECRET_KEY and its fallbacks).
"""

from dataclasses import dataclass

from django.core import signing

from halcytone.lib.errors import Invalid, Problem

SALT = "segmentation.unsubscribe"


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """What a token stands for. `list` "" = the mail had no list in particular."""

    contact_id: int
    list: str
    purpose: str


def token(contact_id: int, list: str = "", purpose: str = "newsletter") -> str:
    """Return the token of one contact for one kind of mail; the same arguments give the same token."""
    return signing.Signer(salt=SALT).sign_object([contact_id, list, purpose])


def resolve(token: str) -> Unsubscription:
    """Return what a token stands for. Raises Invalid when we never signed it."""
    try:
        contact_id, list_name, purpose = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, UnicodeError) as error:
        message = "This link is not complete, or it is not one of ours."
        raise Invalid([Problem("bad_token", message, "u")]) from error
    return Unsubscription(contact_id, list_name, purpose)
