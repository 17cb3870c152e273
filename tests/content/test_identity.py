from content.identity import Text, match

BODY = "Sit, let your shoulders drop, breathe in for four counts and out for six. Ten times."
OTHER = "Twelve boards fell onto concrete, six times each. All of them still measured well."


def test_an_item_that_moved_is_the_same_item():
    before = [Text("One", BODY, "tips", 0), Text("Two", OTHER, "hardware", 1)]
    after = [Text("Two", OTHER, "hardware", 0), Text("One", BODY, "vision", 1)]
    assert match(before, after) == [1, 0]


def test_a_title_in_other_letters_is_the_same_title():
    assert match([Text("A Pause", BODY, "tips", 0)], [Text("a pause", BODY, "tips", 0)]) == [0]


def test_a_rewritten_body_keeps_its_identity_by_title_and_section():
    assert match([Text("One", BODY, "tips", 0)], [Text("One", OTHER, "tips", 3)]) == [0]


def test_a_new_title_over_a_similar_body_in_its_section_is_the_same_item():
    before = [Text("Two minutes", BODY, "tips", 0)]
    assert match(before, [Text("A short pause", BODY + " Hum.", "tips", 0)]) == [0]


def test_a_similar_body_in_another_section_is_a_new_item():
    before = [Text("Two minutes", BODY, "tips", 0)]
    assert match(before, [Text("A short pause", BODY + " Hum.", "vision", 0)]) == [None]


def test_another_text_in_the_same_place_is_a_new_item():
    assert match([Text("One", BODY, "tips", 0)], [Text("Two", OTHER, "tips", 0)]) == [None]


def test_equal_texts_are_told_apart_by_their_order():
    twice = [Text("One", BODY, "tips", 0), Text("One", BODY, "tips", 1)]
    assert match(twice, twice) == [0, 1]
    assert match(twice[:1], twice) == [0, None]


def test_of_similar_texts_the_nearest_wins():
    before = [Text("A", BODY, "tips", 0), Text("B", BODY, "tips", 9)]
    assert match(before, [Text("C", BODY, "tips", 8)]) == [1]


def test_an_exact_text_is_not_lost_to_a_similar_one_before_it():
    before = [Text("One", BODY, "tips", 0)]
    after = [Text("Uno", BODY, "tips", 0), Text("One", BODY, "tips", 1)]
    assert match(before, after) == [None, 0]
