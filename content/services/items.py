"""The items of documents: editing a text, and choosing between an edit and a changed source."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.db import transaction

from content import fields as item_fields
from content.models import Item, Revision
from content.services import access, revisions
from content.services.access import items as visible_to
from content.services.revisions import Origin
from halcytone.lib.errors import Invalid, Problem, WrongState

__all__ = ["choose", "edit", "restore", "visible_to"]
logger = structlog.get_logger(__name__)


@transaction.atomic
def edit(
    item: Item,
    *,
    by: Any,
    reason: str,
    title: str | None = None,
    content: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Revision:
    """Make the next revision of an item, written by `by`. Returns the head.

    None leaves title or content as it is. `fields` are the others by their names in a document
    (`section`, `date`, `tags` …); a value of None takes one away. An edit that changes nothing
    makes no revision. Raises Invalid naming each wrong field.
    """
    access.require_item(by, item, act="edit this item")
    item = _locked(item)
    head = _head(item)
    text = item_fields.changed(revisions.text_of(head), title, content, fields or {})
    if revisions.digest(text) == head.sha256:
        return head
    _require_reason(reason)
    return _become_head(item, text, Origin.EDIT, by, reason)


@transaction.atomic
def choose(
    item: Item,
    *,
    by: Any,
    choice: str,
    title: str | None = None,
    content: str | None = None,
) -> Revision:
    """Settle what the source says against what was edited here. Returns the head.

    "source" takes the document's new text, "edit" keeps the edited one, "merged" makes a revision
    of `title` and `content`. Raises WrongState when there is nothing to choose.
    """
    access.require_item(by, item, act="choose the text of this item")
    item = _locked(item)
    if item.incoming is None:
        raise WrongState(
            "There is no newer text from the source to choose.", code="nothing_to_choose"
        )
    settle: Mapping[str, Callable[[], Revision]] = {
        "source": lambda: _set_head(item, item.incoming),
        "edit": lambda: _set_head(item, _head(item)),
        "merged": lambda: _merge(item, by, title, content),
    }
    if choice not in settle:
        message = "Choose “source”, “edit” or “merged”."
        raise Invalid([Problem("invalid_choice", message, attr="choice")])
    head = settle[choice]()
    logger.info("item_chosen", item=item.pk, choice=choice, revision=head.pk, by=by and by.pk)
    return head


@transaction.atomic
def restore(revision: Revision, *, by: Any, reason: str = "") -> Revision:
    """Make an older text of its item the next revision. Returns the head."""
    access.require_item(by, revision.item, act="restore a text of this item")
    item = _locked(revision.item)
    if revision.sha256 == _head(item).sha256:
        return _head(item)
    reason = reason or f"Restored from revision {revision.number}"
    text = revisions.text_of(revision)
    return _become_head(item, text, Origin.RESTORED, by, reason, parent=revision)


def _locked(item: Item) -> Item:
    return Item.objects.select_for_update().get(pk=item.pk)


def _head(item: Item) -> Revision:
    if item.head is None:
        raise WrongState("This item has no text.", code="no_text")
    return item.head


def _merge(item: Item, by: Any, title: str | None, content: str | None) -> Revision:
    if title is None and content is None:
        message = "Give the merged title or content."
        raise Invalid([Problem("required", message, attr="content")])
    text = item_fields.changed(revisions.text_of(_head(item)), title, content, {})
    head = _become_head(item, text, Origin.MERGED, by, "Merged with the text of the source")
    return _set_head(item, head)


def _become_head(
    item: Item,
    text: Mapping[str, Any],
    origin: str,
    by: Any,
    reason: str,
    parent: Revision | None = None,
) -> Revision:
    head = revisions.append(
        item,
        text,
        parent=parent or item.head,
        origin=origin,
        author=by,
        reason=reason.strip()[:300],
        line_start=_head(item).line_start,
        line_end=_head(item).line_end,
    )
    item.head = head
    item.save(update_fields=["head"])
    logger.info("item_edited", item=item.pk, revision=head.pk, origin=origin, by=by and by.pk)
    return head


def _set_head(item: Item, head: Revision | None) -> Revision:
    item.head, item.incoming = head, None
    item.save(update_fields=["head", "incoming"])
    return _head(item)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        message = "Say in a few words why you change this text."
        raise Invalid([Problem("required", message, attr="reason")])
