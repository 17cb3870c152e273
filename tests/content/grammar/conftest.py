from datetime import UTC, datetime

import pytest

from content.grammar import parse

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def read():
    """Read a document as on 27 November 2026, noon UTC."""

    def reader(text, **options):
        return parse(text, **({"at": NOW} | options))

    return reader


@pytest.fixture
def found(read):
    """Return the problems of a document as (line, column, code)."""

    def finder(text, *codes, **options):
        problems = read(text, **options).problems
        return [(p.line, p.column, p.code) for p in problems if not codes or p.code in codes]

    return finder
