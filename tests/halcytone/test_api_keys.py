"""API keys: shown once, kept as a digest, worthless when revoked, expired, or their owner is gone."""

from datetime import timedelta

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from halcytone.access import services
from halcytone.access.models import ApiKey
from halcytone.lib.errors import Invalid, NotAllowed
from tests.api import Api, problem
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


def me(**headers):
    return Client().get("/api/v1/auth/me", headers=headers)


@pytest.fixture
def person():
    return PersonFactory(group="editor")


@pytest.fixture
def key(person):
    return services.create_key(person, by=person, name="script")[1]


def test_both_headers_open_the_api(person, key):
    for headers in (
        {"Authorization": f"Api-Key {key}"},
        {"X-API-Key": key},
        {"Authorization": f"api-key {key}"},
    ):
        assert me(**headers).json()["username"] == person.username


def test_only_the_digest_of_the_secret_is_kept(key):
    prefix, secret = key.split(".")
    row = ApiKey.objects.get(prefix=prefix)
    assert secret not in str(vars(row))
    assert len(row.secret_sha256) == 64


@pytest.mark.parametrize("spoil", [lambda key: key[:-1], lambda key: "hk_00000000." + key[12:], lambda key: "", lambda key: key + "x", lambda key: "."])  # fmt: skip
def test_any_other_key_is_401(key, spoil):
    response = problem(me(**{"X-API-Key": spoil(key)}), 401, "authentication_failed")
    assert key not in str(response)


def test_a_key_counts_until_it_is_revoked_expired_or_its_owner_leaves(person, key):
    assert me(**{"X-API-Key": key}).status_code == 200
    ApiKey.objects.update(expires_at=timezone.now())
    assert me(**{"X-API-Key": key}).status_code == 401
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(days=1))
    person.is_active = False
    person.save()
    assert me(**{"X-API-Key": key}).status_code == 401
    person.is_active = True
    person.save()
    services.revoke(ApiKey.objects.get(), by=person)
    assert me(**{"X-API-Key": key}).status_code == 401


def test_the_last_use_is_noted(key):
    me(**{"X-API-Key": key})
    assert timezone.now() - ApiKey.objects.get().last_used_at < timedelta(minutes=1)


def test_the_last_use_is_written_once_a_minute(key):
    me(**{"X-API-Key": key})
    first = ApiKey.objects.get().last_used_at
    me(**{"X-API-Key": key})
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    me(**{"X-API-Key": key})
    assert ApiKey.objects.get().last_used_at > first


class TestRightsOfThisMoment:
    """They come with the key, in the question that finds it."""

    def may(self, key, permission):
        return permission in me(**{"X-API-Key": key}).json()["permissions"]

    def test_those_of_a_group_and_those_given_to_her_alone_both_count(self, person, key):
        assert self.may(key, "content.add_draft")
        assert not self.may(key, "publishing.lift_stop")
        person.user_permissions.add(Permission.objects.get(codename="lift_stop"))
        assert self.may(key, "publishing.lift_stop")

    def test_what_is_taken_from_her_or_her_group_is_gone_at_the_next_request(self, person, key):
        group = person.groups.get()
        group.permissions.remove(Permission.objects.get(codename="add_draft"))
        assert not self.may(key, "content.add_draft")
        assert self.may(key, "content.change_draft")
        person.groups.clear()
        assert me(**{"X-API-Key": key}).json()["permissions"] == []

    def test_a_permission_that_is_new_to_this_process_is_known(self, person, key):
        assert not self.may(key, "access.dance")
        kind = ContentType.objects.get_for_model(ApiKey)
        person.user_permissions.add(Permission.objects.create(codename="dance", content_type=kind))
        assert self.may(key, "access.dance")

    def test_a_superuser_has_them_all(self, person, key):
        person.is_superuser = True
        person.save()
        assert self.may(key, "publishing.lift_stop")

    def test_a_key_and_a_session_say_the_same(self, person, key):
        client = Client()
        client.force_login(person)
        by_session = client.get("/api/v1/me").json()
        assert by_session == me(**{"X-API-Key": key}).json()
        assert set(by_session["permissions"]) == ModelBackend().get_all_permissions(fresh(person))

    def test_key_owner_and_rights_are_one_query(self, key, django_assert_num_queries):
        me(**{"X-API-Key": key})
        with django_assert_num_queries(1):
            assert services.owner_of(key).owner.has_perm("content.add_draft")

    def test_permissions_of_a_session_are_one_query(self, person, django_assert_num_queries):
        person.has_perm("content.add_draft")
        again = fresh(person)
        with django_assert_num_queries(1):
            assert again.has_perm("content.add_draft")
            assert not again.has_perm("publishing.lift_stop")


def fresh(person):
    return type(person).objects.get(pk=person.pk)


def test_a_key_in_the_address_is_not_looked_at(key):
    assert Client().get(f"/api/v1/me?api_key={key}").status_code == 401


def test_people_make_see_and_revoke_their_own_keys():
    api = Api.of("editor")
    made = api.post("auth/keys", {"name": "deploy", "days": 30})
    assert made.status_code == 201
    assert Client().get("/api/v1/me", headers={"X-API-Key": made.json()["key"]}).status_code == 200
    shown = api.get("auth/keys").json()["results"]
    assert {row["name"] for row in shown} == {"test", "deploy"}
    assert not any("key" in row for row in shown)
    assert api.delete(f"auth/keys/{made.json()['id']}").status_code == 204
    assert Client().get("/api/v1/me", headers={"X-API-Key": made.json()["key"]}).status_code == 401


def test_keys_of_others_cannot_be_seen_or_revoked(person, key):
    api = Api.of("editor")
    row = ApiKey.objects.get(owner=person)
    problem(api.get(f"auth/keys/{row.pk}"), 404, "not_found")
    problem(api.delete(f"auth/keys/{row.pk}"), 404, "not_found")


def test_an_administrator_sees_and_revokes_any_key(person, key):
    api = Api.of("admin")
    row = ApiKey.objects.get(owner=person)
    assert api.delete(f"auth/keys/{row.pk}").status_code == 204
    assert me(**{"X-API-Key": key}).status_code == 401


def test_a_new_key_is_not_kept_for_a_replay():
    api = Api.of("editor")
    first = api.post("auth/keys", {"name": "deploy"}, Idempotency_Key="k1")
    assert first.status_code == 201
    problem(api.post("auth/keys", {"name": "deploy"}, Idempotency_Key="k1"), 409, "shown_once")
    assert ApiKey.objects.filter(name="deploy").count() == 1


@pytest.mark.parametrize("days", [0, -1, 366, 10**30])
def test_a_key_lives_a_year_at_most(days):
    problem(Api.of("editor").post("auth/keys", {"name": "long", "days": days}), 400, "invalid")


def test_nobody_makes_a_key_for_somebody_else(person):
    with pytest.raises(NotAllowed):
        services.create_key(person, by=PersonFactory(group="admin"), name="theirs")


def test_a_person_has_a_limited_number_of_keys(person):
    for _ in range(services.MOST_KEYS):
        services.create_key(person, by=person, name="one of many")
    with pytest.raises(Invalid, match="Revoke one"):
        services.create_key(person, by=person, name="one too many")


def test_the_command_prints_a_key_that_works(person, capsys):
    call_command("api_key", person.username, name="laptop", days=7)
    key = capsys.readouterr().out.strip()
    assert me(**{"X-API-Key": key}).json()["username"] == person.username


@pytest.mark.parametrize("arguments", [["nobody"], ["somebody", "--days=400"]])
def test_the_command_says_what_is_wrong(arguments):
    PersonFactory(username="somebody")
    with pytest.raises(CommandError):
        call_command("api_key", *arguments)


def test_me_names_groups_roles_and_permissions():
    body = Api.of("viewer").get("me").json()
    assert body["groups"] == ["viewer"]
    assert body["roles"] == []
    assert "content.view_draft" in body["permissions"]
    assert "password" not in str(body)
