import csv
import io
import zlib
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from segmentation import audience, sheets
from segmentation.models import Consent, Contact, ImportRun, Suppression
from segmentation.services import consents, contacts, imports, suppressions
from tests.factories import segmentation as make
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db
PROOF = {
    "purpose": "newsletter",
    "source": "form",
    "wording": "Write to me weekly.",
    "at": "2026-01-05",
}


def checked(text, *, consent=None, policy="fill_empty", mapping=None):
    data = text if isinstance(text, bytes) else text.encode()
    return imports.check(
        by=None, file_name="people.csv", data=data, policy=policy, consent=consent, mapping=mapping
    )


def ran(text, **options):
    return imports.run(checked(text, **options), by=None)


def counts(run):
    names = ("add", "change", "skip", "reject")
    return tuple(run.report["counts"][name] for name in names)


def reasons(run, kind):
    return [(row["line"], row["field"], row["reason"]) for row in run.report["rows"][kind]]


@pytest.mark.parametrize(
    "data",
    [
        b"email,name\nann@a.example,Ann\nbob@a.example,Bob\n",
        b"\xef\xbb\xbfE-Mail;Full name\r\nann@a.example;Ann\r\nbob@a.example;Bob",
        b'"email";"name"\n"ann@a.example";"Ann"\n\nbob@a.example;Bob\n',
    ],
)
def test_comma_or_semicolon_with_or_without_bom_is_read(data):
    assert counts(ran(data)) == (2, 0, 0, 0)
    assert list(Contact.objects.values_list("name", flat=True)) == ["Ann", "Bob"]


def test_a_dry_run_reports_and_touches_no_contact():
    run = checked("email\nann@a.example\n", consent=PROOF)
    assert counts(run) == (1, 0, 0, 0)
    assert run.report["counts"]["consents"] == 1
    assert run.status == "checked"
    assert not Contact.objects.exists()


def test_the_run_does_what_the_dry_run_said():
    make.make_contact("old@a.example")
    text = (
        "email,name\nann@a.example,Ann\nold@a.example,Olga\nnot an address,X\nANN@a.example,Ann\n"
    )
    looked = checked(text)
    said = looked.report
    assert imports.run(looked, by=None).report == said
    assert counts(looked) == (1, 1, 1, 1)


def test_the_same_file_twice_adds_nothing():
    text = "email,external_id,name\nann@a.example,7,Ann\nbob@a.example,,Bob\n"
    assert counts(ran(text, consent=PROOF)) == (2, 0, 0, 0)
    again = ran(text, consent=PROOF)
    assert counts(again) == (0, 0, 2, 0)
    assert again.report["counts"]["consents"] == 0
    assert Consent.objects.count() == 2


def test_a_file_is_imported_once():
    run = ran("email\nann@a.example\n")
    with pytest.raises(WrongState):
        imports.run(run, by=None)


def test_one_bad_row_never_stops_the_rest():
    text = (
        "email,timezone,engagement,birth_day,birth_month\n"
        "ann@a.example,Europe/Berlin,50,29,2\n"
        "nobody,,,,\n"
        "bob@a.example,Mars/Olympus,,,\n"
        "cid@a.example,,101,,\n"
        "dan@a.example,,,30,2\n"
        ",Europe/Berlin,,,\n"
        "eve@a.example,,,,,surplus\n"
        "fay@a.example\n"
    )
    run = ran(text)
    assert counts(run) == (2, 0, 0, 6)
    assert [(line, field) for line, field, _ in reasons(run, "reject")] == [
        (3, "email"),
        (4, "timezone"),
        (5, "engagement"),
        (6, "birth_day"),
        (7, "email"),
        (8, ""),
    ]


def test_rejected_rows_come_back_as_csv_with_line_field_and_reason():
    run = ran('email,name\n"no address","=HYPERLINK(""x"")"\nann@a.example,Ann\n')
    rows = list(csv.reader(io.StringIO(imports.rejects_csv(run).decode())))
    assert rows[0] == ["line", "field", "reason", "email", "name"]
    assert rows[1][:2] == ["2", "email"]
    assert rows[1][2].startswith("Not an e-mail address")
    assert rows[1][3:] == ["no address", '\'=HYPERLINK("x")']


def test_a_cell_that_looks_like_a_formula_is_imported_as_it_is():
    ran("email,name\nann@a.example,=1+1\n")
    assert Contact.objects.get().name == "=1+1"


def test_a_record_over_several_lines_does_not_shift_the_line_numbers():
    run = ran('email,name\nann@a.example,"Ann\nof the hill"\nnobody,X\n')
    assert reasons(run, "reject")[0][0] == 4


@pytest.mark.parametrize(
    ("policy", "name", "expected"),
    [
        ("fill_empty", "Ann", "Ann"),
        ("fill_empty", "", "New"),
        ("overwrite", "Ann", "New"),
        ("skip", "", ""),
    ],
)
def test_the_policy_says_what_happens_to_known_contacts(policy, name, expected):
    make.make_contact("ann@a.example", name=name)
    ran("email,name,industry\nANN@a.example,New,\n", policy=policy)
    assert Contact.objects.get().name == expected


def test_an_empty_cell_never_empties_a_field():
    make.make_contact("ann@a.example", name="Ann")
    assert counts(ran("email,name\nann@a.example,\n", policy="overwrite")) == (0, 0, 1, 0)
    assert Contact.objects.get().name == "Ann"


def test_a_changed_contact_gets_a_new_version():
    make.make_contact("ann@a.example")
    ran("email,name\nann@a.example,Ann\n")
    assert Contact.objects.get().version == 2


def test_the_external_id_is_the_first_key_and_the_address_the_second():
    make.make_contact("ann@a.example", external_id="7")
    make.make_suppression("ann@a.example", reason="complaint")
    make.make_contact("bob@a.example")
    run = ran(
        "external_id,email,name\n7,ann.new@a.example,Ann\n8,bob@a.example,Bob\n", policy="overwrite"
    )
    assert counts(run) == (0, 2, 0, 0)
    assert Contact.objects.get(external_id="7").email_key == "ann.new@a.example"
    assert Suppression.objects.filter(value="ann.new@a.example", reason="complaint").exists()
    assert Contact.objects.get(external_id="8").name == "Bob"


@pytest.mark.parametrize("row", ["7,bob@a.example", "9,ann@a.example"])
def test_a_row_that_would_mix_two_people_is_rejected(row):
    make.make_contact("ann@a.example", external_id="7")
    make.make_contact("bob@a.example", external_id="8")
    assert counts(ran(f"external_id,email\n{row}\n", policy="overwrite")) == (0, 0, 0, 1)


def test_a_repeated_contact_is_skipped_with_the_line_of_the_first():
    text = "email,external_id\nann@a.example,1\nAnn@A.example,\n,1\n"
    assert reasons(ran(text), "skip") == [
        (3, "email", "Same contact as line 2."),
        (4, "email", "Same contact as line 2."),
    ]


@pytest.mark.parametrize("missing", ["source", "wording", "at"])
def test_without_source_date_and_wording_people_come_without_consent(missing):
    run = ran("email,consent\nann@a.example,yes\n", consent={**PROOF, missing: ""})
    assert counts(run) == (1, 0, 0, 0)
    assert run.report["counts"]["without_proof"] == 1
    assert not Consent.objects.exists()


def test_a_row_can_bring_its_own_proof():
    ran(
        "email,consent,consent_at,consent_source,consent_wording\n"
        "ann@a.example,yes,2026-02-03T10:00:00+01:00,paper,I agree\n"
        "bob@a.example,no,2026-02-03,paper,I agree\n"
    )
    row = Consent.objects.get()
    assert (row.contact.name, row.source, row.wording) == ("", "paper", "I agree")
    assert row.at.isoformat() == "2026-02-03T09:00:00+00:00"
    assert len(row.wording_sha256) == 64


def test_a_consent_from_the_future_is_refused():
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    run = ran(f"email,consent,consent_at\nann@a.example,yes,{tomorrow}\n", consent=PROOF)
    assert counts(run) == (0, 0, 0, 1)
    with pytest.raises(Invalid, match="future"):
        checked("email\nann@a.example\n", consent={**PROOF, "at": tomorrow})


def test_a_withdrawn_consent_is_still_withdrawn_after_an_import():
    contact = make.make_contact("ann@a.example", answer=True)
    consents.withdraw(contact, channel="email", purpose="newsletter", source="link")
    run = ran("email\nann@a.example\n", consent=PROOF)
    assert reasons(run, "skip") == [(2, "", "She withdrew this consent; that stays.")]
    assert audience.count(make.make_segment()) == 0


def test_a_suppressed_address_stays_suppressed_after_an_import():
    suppressions.add(reason="do_not_contact", kind="address", value="ann@a.example")
    ran("email\nann@a.example\n", consent=PROOF)
    parts = audience.breakdown(make.make_segment())
    assert (parts["do_not_contact"], parts["to_write"]) == (1, 0)


def test_an_erased_address_is_refused():
    from segmentation import addresses

    digest = addresses.digest("Ann@a.example")
    suppressions.add(reason="erased", kind="hash", value=digest)
    run = ran("email\nann@A.EXAMPLE\n")
    assert reasons(run, "reject") == [(2, "email", "This person asked to be erased.")]
    with pytest.raises(Invalid, match="erased"):
        contacts.create(by=None, email="ann@a.example")


def test_a_file_longer_than_a_chunk_is_one_file():
    lines = [f"p{number}@a.example,{number % 7}" for number in range(12_000)]
    run = ran("\n".join(["email,total_active_days", *lines, "p3@a.example,1"]), consent=PROOF)
    assert counts(run) == (12_000, 0, 1, 0)
    assert reasons(run, "skip") == [(12_002, "email", "Same contact as line 5.")]
    assert len(run.report["rows"]["add"]) == 100
    assert audience.count(make.make_segment()) == 12_000


@pytest.mark.parametrize(
    ("data", "options", "code"),
    [
        (b"", {}, "no_header"),
        (b"\n\n", {}, "no_header"),
        (b"name\nAnn\n", {}, "no_key"),
        ("email\nann@a.example\nJürgen".encode("latin-1"), {}, "not_utf8"),
        (b"email\n", {"mapping": {"email": "mail"}}, "unknown_field"),
        (b"email\n", {"mapping": {"e": "email"}}, "unknown_column"),
        (b"email,mail\n", {"mapping": {"email": "email", "mail": "email"}}, "mapped_twice"),
        (b"email\n", {"policy": "merge"}, "wrong_value"),
        (b"email\n", {"consent": {"purpose": "spam"}}, "wrong_value"),
        (b"email\n", {"consent": {"at": "soon"}}, "wrong_value"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_at_once(data, options, code):
    with pytest.raises(Invalid) as error:
        checked(data, **options)
    assert error.value.problems[0].code == code


def test_a_wrong_byte_is_named_with_its_line():
    with pytest.raises(Invalid, match="line 3"):
        checked("email\nann@a.example\nJürgen".encode("latin-1"))


def test_a_mapping_chooses_the_columns():
    run = ran("Adresse,Nom\nann@a.example,Ann\n", mapping={"Adresse": "email"})
    assert run.report["ignored_columns"] == ["Nom"]
    assert Contact.objects.get().name == ""


def test_importing_needs_the_right():
    editor = PersonFactory(group="editor")
    with pytest.raises(NotAllowed, match="import contacts"):
        imports.check(by=editor, file_name="x.csv", data=b"email\n")
    manager = PersonFactory(group="marketing_manager")
    run = imports.check(by=manager, file_name="x.csv", data=b"email\nann@a.example\n")
    with pytest.raises(NotAllowed):
        imports.run(run, by=editor)
    imports.run(run, by=manager)
    assert run.created_by == manager


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_run_is_guarded_on_the_way_out(cell):
    assert sheets.guarded(cell) == f"'{cell}"
    assert sheets.guarded(f" {cell}") == f" {cell}"


def test_a_run_that_breaks_off_says_so_and_can_be_run_again():
    run = checked("email\nann@a.example\n")
    data = bytes(run.data)
    ImportRun.objects.update(data=b"damaged on the disk")
    with pytest.raises(zlib.error):
        imports.run(ImportRun.objects.get(), by=None)
    assert ImportRun.objects.get().status == "failed"
    ImportRun.objects.update(data=data)
    assert imports.run(ImportRun.objects.get(), by=None).status == "done"
    assert Contact.objects.count() == 1


def test_a_chunk_is_judged_again_when_somebody_else_makes_the_same_contact_meanwhile():
    run = checked("email\nann@a.example\nbob@a.example\n", consent=PROOF)
    rivals = [1]

    def rival(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "segmentation_contact"') and rivals:
            rivals.pop()
            make.make_contact("bob@a.example")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(rival):
        imports.run(run, by=None)
    assert not rivals
    assert counts(run) == (2, 0, 0, 0)
    assert audience.count(make.make_segment()) == 2


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(Invalid, match="64 MB"):
        checked(b"email\n" + b"x" * (64 * 1024 * 1024))


def test_a_cell_too_long_for_any_field_rejects_its_row_alone():
    run = ran(f'email,name\n"{"x" * 200_000}",X\nann@a.example,Ann\n')
    assert counts(run) == (1, 0, 0, 1)
    assert "cannot be read" in reasons(run, "reject")[0][2]
