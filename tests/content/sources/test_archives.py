import zipfile

import pytest

from content.sources import bundle
from content.sources.archives import MAX_UNPACKED, Archive
from content.sources.base import Known, Ref
from content.sources.given import Given
from halcytone.lib.errors import Refused
from tests.content.sources import reference
from tests.content.sources.archives_forms import link_to, locked, packed

TEXT = "# Letter\n\nBreathe in for four counts, and out for six.\n"


def refusal(call):
    with pytest.raises(Refused) as caught:
        call()
    assert str(caught.value).endswith((".", "?"))
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (packed({"a.md": b"\0" * 40_000_000}), "200 times"),
        (packed({f"{n}.bin": bytes(range(256)) * 30_000 for n in range(7)}, method=zipfile.ZIP_STORED), "50 MB"),
        (packed({f"{n}.txt": "x" for n in range(1_001)}), "1,001 files"),
        (packed({"../a.md": TEXT}), "outside"),
        (packed({"/etc/a.md": TEXT}), "outside"),
        (packed({"a\\..\\b.md": TEXT}), "outside"),
        (packed({"C:a.md": TEXT}), "outside"),
        (packed(link_to("/etc/passwd")), "link"),
        (packed({"a.md": TEXT}, method=zipfile.ZIP_BZIP2), "packed in a way"),
        (locked(packed({"a.md": TEXT})), "password"),
        (packed({"a.md": TEXT})[:-30], "cut or damaged"),
        (b"PK\x03\x04 nothing", "cut or damaged"),
    ],
)  # fmt: skip
def test_odd_archives_are_refused_and_told_why(data, why):
    with pytest.raises(Refused, match=why) as caught:
        Archive(data)
    assert caught.value.code == "archive_refused"


def test_the_limits_themselves_are_allowed():
    Archive(packed({f"{n}.txt": "x" for n in range(1_000)}))
    Archive(packed({"a.bin": b"\x01\x02" * (MAX_UNPACKED // 2)}, method=zipfile.ZIP_STORED))


def test_a_file_that_was_changed_after_packing_is_refused():
    data = packed({"a.md": TEXT}, method=zipfile.ZIP_STORED).replace(b"Breathe", b"Squeeze")
    assert refusal(lambda: bundle.text(data)) == "archive_refused"


@pytest.mark.parametrize(
    ("names", "main"),
    [
        (["a.md", "img/b.png"], "a.md"),
        (["index.md", "b.md"], "index.md"),
        (["README.md", "b.md", "c.txt"], "README.md"),
        (["notes/a.md", "notes/img/b.md"], "notes/a.md"),
        (["a.html", "more/b.html"], "a.html"),
        (["a.md", "__MACOSX/._a.md", ".hidden.md", "inner.zip"], "a.md"),
    ],
)
def test_one_file_at_the_top_is_the_text(names, main):
    assert bundle.main(Archive(packed(dict.fromkeys(names, TEXT)))) == main


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a.md", "b.md"], "Which file is the document: “a.md”, “b.md”?"),
        (["a.png"], "no text at its top"),
        (["one/a.md", "two/b.md"], "no text at its top"),
        (["inner.zip"], "no text at its top"),
    ],
)
def test_an_archive_that_leaves_it_open_is_asked_about(names, said):
    with pytest.raises(Refused, match=said.replace("?", r"\?")) as caught:
        bundle.main(Archive(packed(dict.fromkeys(names, TEXT))))
    assert caught.value.code == "archive_unclear"


def read(text, **pictures):
    files = {f"notes/{name.replace('_', '.')}": data for name, data in pictures.items()}
    return bundle.text(
        packed({"notes/index.md": text, "notes/img/a b.png": reference.PNG, **files})
    )


@pytest.mark.parametrize(
    "written",
    [
        "![A](lamp.png)", "![A](./lamp.png)", "![A](<lamp.png>)", '![A](lamp.png "Lamp")', "![A](img/a%20b.png)",
        "![A](<img/a b.png>)", "![A][lamp]\n\n[lamp]: lamp.png", '<img src="lamp.png" alt="A">',
        "- **Image:** lamp.png", "- Image: lamp.png", "see `x` ![A](lamp.png)", "![A](../notes/lamp.png)",
        "![A](lamp.png?raw=true)",
    ],
)  # fmt: skip
def test_the_images_of_a_text_are_found_however_it_names_them(written):
    text = read(written, lamp_png=reference.PNG)
    ((key, picture),) = text.pictures.items()
    assert key in text.markdown
    assert picture.data == reference.PNG
    assert "lamp.png" not in text.markdown
    assert "a b.png" not in text.markdown


@pytest.mark.parametrize(
    "written",
    ["![A](other.png)", "![A](https://a.example/lamp.png)", "`![A](lamp.png)`", "```\n![A](lamp.png)\n```",
     "- ```\n  ![A](lamp.png)\n  ```", "[A](lamp.png)", "lamp.png", "![A](../../lamp.png)", "![A](img)"],
)  # fmt: skip
def test_what_names_no_image_of_the_archive_stays_as_it_is(written):
    text = read(written, lamp_png=reference.PNG)
    assert (text.markdown, text.pictures) == (written, {})


def test_a_page_in_an_archive_shows_its_images():
    data = packed(
        {"a.html": "<h1>T</h1><img src='img/a.png' alt='A lamp'>", "img/a.png": reference.PNG}
    )
    text = bundle.text(data)
    ((key, picture),) = text.pictures.items()
    assert f"![A lamp]({key})" in text.markdown
    assert picture.data == reference.PNG


def test_malformed_text_in_an_archive_is_refused_with_its_place():
    data = packed({"a.md": b"# One\n\ntwo \xff"})
    with pytest.raises(Refused, match="0xFF in line 3") as caught:
        Given().fetch(Ref("upload:1", "a.zip", data), Known())
    assert caught.value.code == "encoding"


def test_a_text_that_is_too_long_is_not_unpacked():
    data = packed({"a.md": "words " * 1_800_000}, method=zipfile.ZIP_STORED)
    assert refusal(lambda: bundle.text(data)) == "source_truncated"
