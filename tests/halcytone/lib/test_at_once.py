"""Querysets read in one statement give what they give one by one, on both databases."""

import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal

import environ
import pytest
from django.db import connections, models
from django.db.models import F, Value
from django.test.utils import CaptureQueriesContext, isolate_apps

from halcytone.lib import at_once

SHELF = {
    "name": 'She said "ja" – 日本語, \\ and a tab\t.',
    "kept_at": datetime(2026, 3, 1, 23, 59, 59, 123456, tzinfo=UTC),
    "day": date(2026, 3, 1),
    "opens": time(9, 30),
    "price": Decimal("1234567.89"),
    "weight": 0.1,
    "is_open": True,
    "count": 2**60,
    "key": uuid.UUID(int=7),
    "facts": {"deep": [1, None, "“quoted”"], "is": False},
    "note": None,
}


@pytest.fixture(params=[pytest.param("postgres", marks=pytest.mark.postgres), "sqlite"])
def database(request, tmp_path, django_db_blocker):
    url = (
        request.getfixturevalue("postgres_url")
        if request.param == "postgres"
        else f"sqlite:///{tmp_path}/shelves.sqlite3"
    )
    connections.databases["elsewhere"] = connections.configure_settings(
        {"default": {}, "elsewhere": environ.Env.db_url_config(url)}
    )["elsewhere"]
    with django_db_blocker.unblock():
        yield connections["elsewhere"]
        connections["elsewhere"].close()
        del connections["elsewhere"], connections.databases["elsewhere"]


@pytest.fixture
def shelves(database):
    """Two models with a column of each kind, and three shelves of which two have books."""
    with isolate_apps("halcytone.access"):

        class Shelf(models.Model):  # noqa: DJ008
            name = models.CharField(max_length=100)
            kept_at = models.DateTimeField()
            day = models.DateField()
            opens = models.TimeField()
            price = models.DecimalField(max_digits=12, decimal_places=2)
            weight = models.FloatField()
            is_open = models.BooleanField()
            count = models.BigIntegerField()
            key = models.UUIDField()
            facts = models.JSONField()
            note = models.IntegerField(null=True)

            class Meta:
                app_label = "access"

        class Book(models.Model):  # noqa: DJ008
            shelf = models.ForeignKey(Shelf, models.CASCADE, null=True, related_name="books")
            title = models.CharField(max_length=100)

            class Meta:
                app_label = "access"
                ordering = ["-title"]

        with database.schema_editor() as editor:
            editor.create_model(Shelf)
            editor.create_model(Book)
        rows = [Shelf.objects.using("elsewhere").create(**SHELF) for _ in range(3)]
        for shelf, title in ((rows[0], "A"), (rows[0], "C"), (rows[1], "B"), (None, "D")):
            Book.objects.using("elsewhere").create(shelf=shelf, title=title)
        yield Shelf.objects.using("elsewhere"), Book.objects.using("elsewhere")


def fetched(database, *querysets):
    with CaptureQueriesContext(database) as asked:
        at_once.fill(*querysets)
        for each in querysets:
            list(each)
    return len(asked)


def test_rows_are_what_they_are_one_by_one_in_one_statement(database, shelves):
    shelf, book = shelves
    rows, books = shelf.order_by("-pk"), book.select_related("shelf")
    assert fetched(database, rows, books) == 1
    again = list(shelf.order_by("-pk"))
    names = [field.attname for field in again[0]._meta.fields]
    assert [[getattr(each, name) for name in names] for each in rows] == [
        [getattr(each, name) for name in names] for each in again
    ]
    assert {name: getattr(rows[0], name) for name in SHELF} == SHELF
    assert [type(getattr(rows[0], name)) for name in SHELF] == [type(v) for v in SHELF.values()]
    assert [each.title for each in books] == ["D", "C", "B", "A"]
    with CaptureQueriesContext(database) as asked:
        assert books[0].shelf is None
        assert books[1].shelf.facts == SHELF["facts"]
    assert not asked.captured_queries


def test_values_annotations_and_deferred_columns_come_along(database, shelves):
    shelf, book = shelves
    pairs = book.values_list("title", "shelf__day")
    counted = shelf.annotate(more=F("count") + Value(1), held=models.Count("books")).order_by("pk")
    short = book.only("title")
    assert fetched(database, pairs, counted, short) == 1
    assert pairs[1] == ("C", SHELF["day"])
    assert [(each.more, each.held) for each in counted] == [(2**60 + 1, n) for n in (2, 1, 0)]
    assert short[0].get_deferred_fields() == {"shelf_id"}


def test_what_is_empty_or_known_is_not_asked_for(database, shelves):
    _, book = shelves
    nothing, none = book.none(), book.filter(title="Z")
    assert fetched(database, nothing, none) == 1
    assert list(nothing) == list(none) == []
    assert fetched(database, nothing, none, book.filter(pk__in=[])) == 0
    assert fetched(database) == 0


def test_a_queryset_that_was_filled_goes_on_as_any_other(database, shelves):
    _, book = shelves
    books = book.filter(shelf__isnull=False)
    fetched(database, books)
    book.create(title="E", shelf=books[0].shelf)
    assert [each.title for each in books.all()] == ["E", "C", "B", "A"]
    assert books.filter(title__lt="B").get().title == "A"


def test_children_are_found_at_their_parents(database, shelves):
    shelf, book = shelves
    rows, books = shelf.order_by("pk"), book.all()
    at_once.fill(rows, books)
    at_once.nest(rows, "books", books, "shelf_id")
    with CaptureQueriesContext(database) as asked:
        assert [[one.title for one in each.books.all()] for each in rows] == [["C", "A"], ["B"], []]
    assert not asked.captured_queries
