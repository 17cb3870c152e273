"""Who may see and change which document and draft: the rows behind the rights of the groups.

Source: the role matrix of the platform specification. A right to change covers one's own rows and
those that the team shares, which are all of them; "own only" is the right to add; to manage is to
remove and hand over as well.
"""

from django.db.models import QuerySet

from content.models import Document, Draft, Item
from halcytone.lib import rights
from halcytone.lib.errors import NotAllowed
from halcytone.lib.rights import Actor


def documents(person: Actor) -> QuerySet[Document]:
    """Return the documents that this person may see."""
    if rights.may(person, "content.view_document", "content.manage_document"):
        return Document.objects.all()
    if rights.may(person, "content.view_own_document"):
        return Document.objects.filter(owner=person)
    return Document.objects.none()


def items(person: Actor) -> QuerySet[Item]:
    """Return the items that this person may see: those of the documents she may see."""
    if rights.may(person, "content.view_item", "content.manage_document"):
        return Item.objects.all()
    return Item.objects.filter(document__in=documents(person))


def drafts(person: Actor) -> QuerySet[Draft]:
    """Return the drafts that this person may see."""
    if rights.may(person, "content.view_draft", "content.manage_draft"):
        return Draft.objects.all()
    if rights.may(person, "content.view_own_draft"):
        return Draft.objects.filter(author=person)
    return Draft.objects.none()


def sees_draft(person: Actor, draft: Draft) -> bool:
    """Tell whether this person may see this draft, as `drafts` does."""
    if rights.may(person, "content.view_draft", "content.manage_draft"):
        return True
    return draft.author_id == person.pk and rights.may(person, "content.view_own_draft")


def may_change_document(person: Actor, document: Document) -> bool:
    if rights.may(person, "content.change_document", "content.manage_document"):
        return True
    return bool(document.owner_id == person.pk) and rights.may(person, "content.add_document")


def may_change_item(person: Actor, item: Item) -> bool:
    if rights.may(person, "content.change_item", "content.manage_document"):
        return True
    own = item.document.owner_id == person.pk
    return own and rights.may(person, "content.add_document")


def may_change_draft(person: Actor, draft: Draft) -> bool:
    if rights.may(person, "content.change_draft", "content.manage_draft"):
        return True
    return bool(draft.author_id == person.pk) and rights.may(person, "content.add_draft")


def may_remove_document(person: Actor, document: Document) -> bool:
    own = document.owner_id == person.pk and may_change_document(person, document)
    return own or rights.may(person, "content.manage_document")


def may_remove_draft(person: Actor, draft: Draft) -> bool:
    own = draft.author_id == person.pk and may_change_draft(person, draft)
    return own or rights.may(person, "content.manage_draft")


def require_document(by: Actor, document: Document, *, act: str) -> None:
    if by is not None and not may_change_document(by, document):
        raise _refusal("content.change_document", act)


def require_item(by: Actor, item: Item, *, act: str) -> None:
    if by is not None and not may_change_item(by, item):
        raise _refusal("content.change_item", act)


def require_draft(by: Actor, draft: Draft, *, act: str) -> None:
    if by is not None and not may_change_draft(by, draft):
        raise _refusal("content.change_draft", act)


def _refusal(permission: str, act: str) -> NotAllowed:
    return NotAllowed(f"You may not {act}. {rights.who_may(permission)}")
