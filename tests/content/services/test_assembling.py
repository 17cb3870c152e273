import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from content.formats.base import Site
from content.models import Item, Recipe
from content.preview import Wish, preview
from content.services import assembling, documents, drafts, rendering, renditions
from halcytone.lib.errors import Invalid, NotAllowed
from tests.content.services.conftest import TITLES, WEEK

pytestmark = pytest.mark.django_db


@pytest.fixture
def recipe(db):
    return Recipe.objects.get(key="weekly")


def read(by, text, name="Week"):
    document = documents.register(by=by, name=name, kind="inline", data=text.encode())
    documents.read(document)
    return document


def assemble(recipe, by, *chosen, **others):
    given = {"documents": chosen, "slot_wall": "", "zone": "", **others}
    return drafts.assemble(recipe, by=by, **given)


def titles(draft):
    return [place.revision.title for place in draft.places.all()]


def test_the_default_recipe_of_an_installation_is_the_weekly_edition(recipe):
    assert [(row["section"], row["count"]) for row in recipe.sections] == [
        ("breathscape", 2),
        ("hardware", 1),
        ("tips", 1),
        ("vision", 1),
        ("community", 1),
    ]
    assert (recipe.draft_type, recipe.template, recipe.weekly_first) == (
        "weekly",
        "weekly_update",
        True,
    )


def test_an_edition_takes_the_counts_of_its_recipe_newest_first(recipe, cast):
    draft = assemble(recipe, cast.editor, read(cast.author, WEEK))
    assert titles(draft) == [title for title in TITLES if title != "A calmer start screen"]
    assert (draft.type, draft.template, draft.recipe) == ("weekly", "weekly_update", recipe)
    assert draft.author == cast.editor
    assert draft.title


def test_items_that_went_out_before_are_left_out(recipe, cast):
    document = read(cast.author, WEEK)
    gone = Item.objects.get(head__title="Practise without a connection")
    draft = assemble(recipe, cast.editor, document, leave_out=[gone.pk])
    assert titles(draft)[:2] == ["Breath pacing follows your watch", "A calmer start screen"]


def test_what_is_set_aside_or_expired_or_only_for_preview_is_left_out(recipe, cast):
    text = (
        WEEK.replace("## [Hardware]", "<!-- channels: preview -->\n## [Hardware]")
        .replace("## [Vision]", "=== ARCHIVE ===\n\n## [Vision]")
        .replace("### Two minutes", "<!-- published: false -->\n### Two minutes")
    )
    expired = Item.objects.filter(document=read(cast.author, text, "Old")).first().head
    expired.fields["expires_at"] = (timezone.now() - timedelta(days=1)).isoformat()
    expired.save()
    draft = assemble(recipe, cast.editor, expired.item.document)
    assert titles(draft) == ["Breath pacing follows your watch", "A calmer start screen"]


def test_where_nothing_is_called_published_everything_is_ready(recipe, cast):
    document = read(cast.author, WEEK.replace("<!-- published: true -->\n", ""))
    assert len(titles(assemble(recipe, cast.editor, document))) == 5


def test_blocked_items_and_older_duplicates_are_left_out(recipe, cast):
    block = WEEK[WEEK.index("### Two minutes") : WEEK.index("## [Vision]")]
    text = WEEK.replace(block, block + block.replace("2026-11-23", "2026-11-27")).replace(
        "- **Date:** 2026-11-25", "- **Date:** 03/06/2026"
    )
    draft = assemble(recipe, cast.editor, read(cast.author, text))
    assert "The second board passed its drop test" not in titles(draft)
    [tip] = [place.revision for place in draft.places.all() if place.revision.section == "tips"]
    assert tip.on.isoformat() == "2026-11-27"


def test_several_documents_make_one_edition(recipe, cast):
    rest = WEEK.split("## [Hardware]")
    one = read(cast.author, rest[0])
    two = read(cast.author, "<!-- published: true -->\n## [Hardware]" + rest[1], "Second")
    assert len(titles(assemble(recipe, cast.editor, one, two))) == 5


def test_an_edition_without_items_is_refused_with_the_way_on(recipe, cast):
    with pytest.raises(Invalid, match="Read the documents") as caught:
        assemble(recipe, cast.editor)
    assert caught.value.code == "nothing_to_assemble"


def test_the_machine_assembles_for_an_owner_who_counts_as_its_maker(recipe, cast):
    draft = assemble(recipe, None, read(cast.author, WEEK), owner=cast.senior_editor)
    assert draft.author == cast.senior_editor
    assert {(row.person, row.act) for row in draft.authorships.all()} == {
        (cast.author, "wrote"),
        (cast.senior_editor, "created"),
    }


def test_who_may_make_no_drafts_assembles_none(recipe, cast):
    with pytest.raises(NotAllowed):
        assemble(recipe, cast.viewer, read(cast.author, WEEK))


def test_an_edition_leaves_when_its_items_ask_for_it(recipe, cast):
    wished = (timezone.now() + timedelta(days=20)).strftime("%Y-%m-%dT17:00Z")
    text = f"<!-- scheduled_for: {wished} -->\n{WEEK}"
    draft = assemble(recipe, cast.editor, read(cast.author, text), zone="UTC")
    assert draft.slot_wall == wished.removesuffix("Z")


def test_without_a_wish_an_edition_leaves_on_the_next_tuesday_at_ten(recipe, cast):
    draft = assemble(recipe, cast.editor, read(cast.author, WEEK))
    slot = datetime.fromisoformat(draft.slot_wall)
    assert (slot.weekday(), slot.hour, slot.minute) == (1, 10, 0)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        (datetime(2026, 12, 1, 14, 59, tzinfo=UTC), "2026-12-01T10:00"),
        (datetime(2026, 12, 1, 15, 0, tzinfo=UTC), "2026-12-08T10:00"),
        (datetime(2026, 12, 2, 4, 0, tzinfo=UTC), "2026-12-08T10:00"),
        (datetime(2026, 11, 30, 23, 0, tzinfo=UTC), "2026-12-01T10:00"),
    ],
)
def test_the_next_tuesday_is_told_on_the_wall_clock_of_new_york(now, slot):
    assert assembling.next_tuesday(now, "America/New_York") == slot


def test_an_edition_says_what_the_preview_of_its_document_says(recipe, cast, settings):
    draft = assemble(recipe, cast.editor, read(cast.author, WEEK))
    made = {one.format: renditions.content(one) for one in drafts.generate(draft, by=cast.editor)}
    formats = {name: rendering.load(name) for name in settings.FORMATS}
    slot = datetime.fromisoformat(draft.slot_wall).replace(tzinfo=ZoneInfo(draft.zone))
    wish = Wish(slot - timedelta(days=1), draft.zone, "weekly")
    files = preview(WEEK.encode(), "week.md", wish, Site(**settings.SITE), formats).files
    for name in ("web", "linkedin", "facebook"):
        assert json.loads(files[f"{name}.json"]) == made[name]
    posts = [part["text"] for part in json.loads(files["x.json"])]
    assert posts == [part["text"] for part in made["x"]["parts"]]
