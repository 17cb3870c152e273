"""What an act keeps is written once, at its end, and not at all when it fails."""

import pytest

from halcytone.lib.gathering import gathering, keep


@pytest.fixture
def book():
    """A list, and how it is written into: one entry for each writing."""
    pages = []

    def write(rows):
        pages.append(list(rows))

    return pages, write


@gathering()
def fail_after(write, row):
    keep(write, row)
    raise ValueError("no")


def test_without_a_gathering_a_row_is_written_at_once(book):
    pages, write = book
    keep(write, 1)
    assert pages == [[1]]


def test_rows_of_nested_acts_are_written_together_when_the_outermost_is_done(book):
    pages, write = book
    with gathering():
        keep(write, 1)
        with gathering():
            keep(write, 2)
        assert pages == []
    assert pages == [[1, 2]]


def test_an_act_that_fails_takes_back_its_own_rows_alone(book):
    pages, write = book
    with gathering():
        keep(write, 1)
        with pytest.raises(ValueError, match="no"):
            fail_after(write, 2)
        keep(write, 3)
    with pytest.raises(ValueError, match="no"):
        fail_after(write, 4)
    keep(write, 5)
    assert pages == [[1, 3], [5]]


def test_a_decorated_function_gathers_at_every_call(book):
    pages, write = book

    @gathering()
    def act(number):
        keep(write, number)
        keep(write, number + 1)

    act(1)
    act(3)
    assert pages == [[1, 2], [3, 4]]
