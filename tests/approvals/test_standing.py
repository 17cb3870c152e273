"""Which renditions wait for which voices in which stage, from plain values."""

from hypothesis import given
from hypothesis import strategies as st

from approvals import standing
from approvals.standing import Step, Voice

NOW = {"web": "w1", "x": "x1"}


def step(key, *groups, mode="parallel", **given):
    return Step(
        key, mode, tuple((group,) if isinstance(group, str) else group for group in groups), **given
    )


def says(step, format, role, *, seal=None, person=None, verdict="approve"):
    person = person if person is not None else hash(role) % 1000 + 1
    return Voice(0, step, format, seal or NOW[format], person, role, verdict)


def waiting(steps, voices, now=NOW):
    found = standing.compute(steps, now, voices)
    return {(cell.step.key, cell.format): cell.waiting for cell in found.cells if cell.waiting}


def test_every_group_of_a_parallel_stage_is_asked_at_once():
    assert waiting([step(1, "a", "b")], [says(1, "x", "a")]) == {
        (1, "web"): (("a",), ("b",)),
        (1, "x"): (("b",),),
    }


def test_a_sequential_stage_asks_one_group_after_the_other():
    steps = [step(1, "a", "b", mode="sequential")]
    assert waiting(steps, [], {"x": "x1"}) == {(1, "x"): (("a",),)}
    assert waiting(steps, [says(1, "x", "a")], {"x": "x1"}) == {(1, "x"): (("b",),)}


def test_a_stage_waits_for_the_one_before_it_rendition_by_rendition():
    steps = [step(1, "a"), step(2, "b")]
    assert waiting(steps, [says(1, "x", "a")]) == {(1, "web"): (("a",),), (2, "x"): (("b",),)}


def test_a_voice_about_an_older_seal_does_not_count():
    steps = [step(1, "a")]
    assert waiting(steps, [says(1, "x", "a", seal="x0"), says(1, "web", "a")]) == {
        (1, "x"): (("a",),)
    }


def test_only_approval_fills_a_place():
    steps = [step(1, "a")]
    for verdict in ("abstain", "request_changes", "reject"):
        voices = [says(1, "x", "a", verdict=verdict)]
        assert (1, "x") in waiting(steps, voices)


def test_a_quorum_ends_a_stage_before_everybody_spoke():
    steps = [step(1, "a", "b", "c", "d", mode="committee", quorum=2)]
    voices = [says(1, "x", "a"), says(1, "x", "d")]
    assert standing.compute(steps, {"x": "x1"}, voices).approved() == {"x"}


def test_two_voices_of_one_role_fill_one_place():
    steps = [step(1, "a", "b", quorum=2)]
    voices = [says(1, "x", "a", person=1), says(1, "x", "a", person=2)]
    assert standing.compute(steps, {"x": "x1"}, voices).approved() == set()


def test_a_role_that_looks_at_the_web_only_is_not_asked_about_the_rest():
    steps = [step(1, "a", "seo", role_formats={"seo": ["web"]})]
    assert waiting(steps, [])[1, "x"] == (("a",),)
    assert waiting(steps, [])[1, "web"] == (("a",), ("seo",))


def test_a_stage_in_which_nobody_looks_at_a_format_is_passed_by_it():
    steps = [step(1, "seo", role_formats={"seo": ["web"]}), step(2, "b")]
    assert waiting(steps, []) == {(1, "web"): (("seo",),), (2, "x"): (("b",),)}


def test_the_policy_speaks_for_a_whole_stage():
    steps = [step(1, "a", "b")]
    signature = Voice(0, 1, "x", "x1", None, "", "approve", is_policy=True)
    assert standing.compute(steps, {"x": "x1"}, [signature]).approved() == {"x"}


def test_voices_are_placed_so_that_as_many_groups_as_possible_are_filled():
    steps = [step(1, ("a", "b"), ("a",))]
    for voices in (["a", "b"], ["b", "a"]):
        spoken = [says(1, "x", role) for role in voices]
        assert standing.compute(steps, {"x": "x1"}, spoken).approved() == {"x"}


ROLES = st.sampled_from("abcd")
GROUPS = st.lists(st.sets(ROLES, min_size=1).map(tuple), min_size=1, max_size=4).map(tuple)


@given(GROUPS, st.lists(ROLES, max_size=6), ROLES)
def test_another_voice_never_takes_an_approval_away(groups, roles, more):
    steps = [Step(1, "parallel", groups)]
    voices = [says(1, "x", role, person=place + 1) for place, role in enumerate(roles)]

    def filled(voices):
        (cell,) = standing.compute(steps, {"x": "x1"}, voices).cells
        return sum(voice is not None for voice in cell.filled)

    assert filled(voices) <= filled([*voices, says(1, "x", more, person=99)]) <= len(groups)


@given(GROUPS, st.lists(ROLES, max_size=6), st.randoms())
def test_the_order_of_voices_does_not_matter(groups, roles, random):
    voices = [says(1, "x", role, person=place + 1) for place, role in enumerate(roles)]
    mixed = random.sample(voices, len(voices))

    def approved(voices):
        return standing.compute([Step(1, "parallel", groups)], {"x": "x1"}, voices).approved()

    assert approved(voices) == approved(mixed)


COMMITTEE = step(1, "ceo", "cmo", "cto", mode="committee")


def test_in_a_committee_the_ceo_is_asked_when_all_others_have_approved():
    now = {"x": "x1"}
    assert waiting([COMMITTEE], [], now) == {(1, "x"): (("cmo",), ("cto",))}
    said = [says(1, "x", "cmo")]
    assert waiting([COMMITTEE], said, now) == {(1, "x"): (("cto",),)}
    said.append(says(1, "x", "cto", verdict="request_changes"))
    assert waiting([COMMITTEE], said, now) == {(1, "x"): (("cto",),)}
    said.append(says(1, "x", "cto"))
    assert waiting([COMMITTEE], said, now) == {(1, "x"): (("ceo",),)}


def test_where_a_part_of_a_committee_is_enough_the_ceo_is_asked_with_the_others():
    emergency = step(1, "ceo", "cmo", "cto", mode="committee", quorum=2, authority=("ceo",))
    assert waiting([emergency], [], {"x": "x1"}) == {(1, "x"): (("ceo",), ("cmo",), ("cto",))}
    beside = step(1, "ceo", "cmo")
    assert waiting([beside], [], {"x": "x1"}) == {(1, "x"): (("ceo",), ("cmo",))}
