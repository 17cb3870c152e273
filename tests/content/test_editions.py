from datetime import date

from content import editions
from tests.content.formats.cast import SITE, SLOT, piece


def one(key, section, day, **changes):
    return piece(key=key, section=section, on=date(2026, 11, day), **changes)


ITEMS = [
    one("old app", "breathscape", 1),
    one("vision", "vision", 9),
    one("new app", "breathscape", 20),
    one("featured app", "breathscape", 2, featured=True),
    one("choir", "community", 8, weekly=True),
    one("old tip", "tips", 3, weekly=True),
    one("new tip", "tips", 21),
    one("older tip", "tips", 2, weekly=True),
    one("board", "hardware", 7),
]


def keys(pieces):
    return [made.key for made in pieces]


def test_the_default_edition_takes_the_first_two_and_one_of_each_featured_and_newest_first():
    assert keys(editions.assemble(ITEMS)) == [
        "featured app",
        "new app",
        "board",
        "new tip",
        "vision",
    ]


def test_the_weekly_edition_takes_everything_marked_for_it_first_and_fills_up_by_the_recipe():
    assert keys(editions.assemble(ITEMS, editions.WEEKLY)) == [
        *("featured app", "new app", "board", "old tip", "older tip", "vision", "choir"),
    ]


def test_a_recipe_is_a_row_that_an_editor_can_change():
    rows = [{"section": "tips", "count": 2}, {"section": "breathscape", "count": 1}]
    recipe = editions.Recipe.of(rows, weekly_first=False)
    assert keys(editions.assemble(ITEMS, recipe)) == ["new tip", "old tip", "featured app"]
    assert editions.assemble([], recipe) == ()


def test_priority_and_then_the_given_order_decide_between_pieces_of_one_day():
    same = [one("a", "tips", 5), one("b", "tips", 5, priority=1), one("c", "tips", 5)]
    recipe = editions.Recipe((("tips", 3),))
    assert keys(editions.assemble(same, recipe)) == ["b", "a", "c"]


def test_a_single_piece_is_a_draft_of_its_own_type_and_template():
    made = editions.single(piece(type="blog", fields={"template": "plain"}), SLOT, SITE)
    assert (made.type, made.template, len(made.pieces)) == ("blog", "plain", 1)


def test_a_format_gets_the_pieces_of_its_channel():
    pieces = [
        one("all", "tips", 1),
        one("mail", "tips", 1, fields={"channels": ["email"]}),
        one("page", "tips", 1, fields={"channels": ["web", "social"]}),
        one("look", "tips", 1, fields={"channels": ["preview"]}),
    ]
    assert keys(editions.for_format(pieces, "newsletter")) == ["all", "mail", "look"]
    assert keys(editions.for_format(pieces, "web")) == ["all", "page", "look"]
    assert keys(editions.for_format(pieces, "facebook")) == ["all", "page", "look"]
