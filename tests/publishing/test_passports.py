"""Passports of accounts: values in place of the channel's own, and what stands against an account."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from halcytone.lib.errors import Invalid, NotAllowed, WrongState
from halcytone.lib.notices.models import Notification
from publishing import accounts, costs, forecasts
from publishing import passports as known
from publishing.channels.passport import Passport
from publishing.channels.x import X
from publishing.models import Account, Connection, Delivery, PassportValue, Token
from publishing.services import breakers, expiries, outlooks, passports, releases, sender
from publishing.services import costs as spending
from publishing.services.outcomes import Outcome
from publishing.services.passports import Load
from tests.factories import PersonFactory
from tests.factories.publishing import make_account, make_draft, make_release, wall_now

pytestmark = pytest.mark.django_db
SLOT = datetime(2026, 12, 1, 15, tzinfo=UTC)


@pytest.fixture
def x():
    return make_account("x", channel="x", endpoint="https://api.x.com")


@pytest.fixture
def manager():
    return PersonFactory(group="marketing_manager", username="Mira")


def put(whose, name, value, **changes):
    given = {"by": None, "channel": whose.channel, "account": whose, "reason": "Agreed"}
    given |= {"name": name, "value": value, "review_on": date(2027, 1, 1)}
    return passports.override(**given | changes)


NOTHING = Load()


def verdicts(account, at=SLOT, load=NOTHING):
    return {finding.name: finding.verdict for finding in passports.standing(account, at, load)}


class TestLevels:
    def test_an_accounts_value_stands_before_the_channels_and_that_before_the_default(self, x):
        other = make_account("x", channel="x", key="other", is_default=False)
        put(x, "per_hour", 40, account=None)
        put(x, "per_hour", 50)
        assert known.of(x).per_hour == 50
        assert known.of(other).per_hour == 40
        assert known.of_all([x, other])[x.pk].per_day == X.passport.per_day

    def test_the_built_channel_has_the_passport_of_its_account(self, x):
        put(x, "limits.text", 4_000)
        assert accounts.plan_of(x).passport.limits["text"] == 4_000

    def test_the_channels_own_value_holds_again(self, x, manager):
        row = put(x, "per_hour", 50)
        passports.restore(row, by=manager)
        assert known.of(x).per_hour == 15
        assert PassportValue.history.filter(name="per_hour").count() == 2

    def test_each_change_is_a_version_with_who_and_why(self, x, manager):
        put(x, "per_hour", 50, by=manager, reason="Our plan allows it")
        row = put(x, "per_hour", 60, by=manager, reason="A larger plan", version=1)
        assert row.version == 2
        found = row.history.order_by("version").values_list("value", "reason", "history_user")
        assert list(found) == [
            (50, "Our plan allows it", manager.pk),
            (60, "A larger plan", manager.pk),
        ]

    def test_of_two_who_change_it_the_slower_is_told(self, x):
        put(x, "per_hour", 50)
        put(x, "per_hour", 60, version=1)
        with pytest.raises(WrongState) as caught:
            put(x, "per_hour", 70, version=1)
        assert caught.value.code == "version_mismatch"

    @pytest.mark.parametrize(
        ("changes", "attr"),
        [
            ({"reason": " "}, "reason"),
            ({"review_on": None}, "review_on"),
            ({"name": "colour"}, "colour"),
            ({"channel": "pigeon", "account": None}, "channel"),
        ],
    )
    def test_what_is_missing_or_wrong_is_named(self, x, changes, attr):
        given = {"name": "per_hour", "value": 50} | changes
        with pytest.raises(Invalid) as caught:
            put(x, given.pop("name"), given.pop("value"), **given)
        assert [each.attr for each in caught.value.problems] == [attr]

    @pytest.mark.parametrize(
        ("group", "level", "may"),
        [
            ("marketing_manager", "channel", True),
            ("social_manager", "account", True),
            ("social_manager", "channel", False),
            ("editor", "account", False),
        ],
    )
    def test_who_may_change_it(self, x, group, level, may):
        given = {"by": PersonFactory(group=group), "account": x if level == "account" else None}
        if may:
            assert put(x, "per_hour", 50, **given).version == 1
        else:
            with pytest.raises(NotAllowed):
                put(x, "per_hour", 50, **given)


class TestStanding:
    def test_nothing_stands_against_a_new_account(self, x):
        assert verdicts(x) == {}

    def token(self, account, **changes):
        values = {
            "sealed": "x",
            "made_at": SLOT - timedelta(days=60),
            "ends_at": None,
            "scopes": [],
        }
        return Token.objects.create(account=account, **values | changes)

    def test_a_token_that_ends_six_hours_before_the_slot_is_a_no_go_that_says_who_mends_it(self, x):
        PersonFactory(group="social_manager")  # so that the groups are there
        self.token(x, ends_at=SLOT - timedelta(hours=6))
        (finding,) = passports.standing(x, SLOT)
        assert (finding.name, finding.verdict) == ("token", "no_go")
        assert x.name in finding.said
        assert "social manager" in finding.who
        assert finding.path.endswith(f"/accounts/{x.pk}/")

    def test_a_token_must_outlive_the_slot_by_a_day(self, x):
        row = self.token(x, ends_at=SLOT + timedelta(hours=23))
        assert verdicts(x) == {"token": "no_go"}
        Token.objects.filter(pk=row.pk).update(ends_at=SLOT + timedelta(hours=24))
        assert verdicts(x) == {}

    def test_a_token_that_is_renewed_by_itself_does_not_end(self, x):
        ends_at = SLOT - timedelta(hours=6)
        row = self.token(x, ends_at=ends_at, has_refresh=True, renew_at=ends_at)
        assert verdicts(x) == {}
        Token.objects.filter(pk=row.pk).update(renew_at=None)  # the place has refused to renew it
        assert verdicts(x) == {"token": "no_go"}

    def test_a_scope_that_was_not_given_is_named(self, x):
        self.token(x, scopes=["tweet.read", "users.read", "media.write", "offline.access"])
        (finding,) = passports.standing(x, SLOT)
        assert (finding.name, finding.verdict) == ("scopes", "no_go")
        assert "tweet.write" in finding.said

    @pytest.mark.parametrize(
        ("days", "verdict"), [(31, None), (30, "warning"), (10, "warning"), (0, "warning"), (-1, "no_go")]
    )  # fmt: skip
    def test_a_sunset_warns_for_a_month_and_then_stops(self, x, days, verdict):
        day = (SLOT + timedelta(days=days)).date()
        put(x, "sunset_on", day.isoformat(), account=None)
        assert verdicts(x).get("sunset") == verdict

    def test_more_than_the_day_allows_is_short_of_quota(self, x):
        put(x, "per_day", 6)
        assert verdicts(x, load=Load(messages=7)) == {"quota": "no_go"}
        assert verdicts(x, load=Load(messages=6)) == {}

    def test_above_the_budget_is_a_no_go(self, x):
        put(x, "monthly_budget", "0.30")
        load = Load(messages=7, images=2, content=WEEKLY)
        (finding,) = passports.standing(x, SLOT, load)
        assert finding.name == "budget"
        assert "this issue about $0.31, month $0.00 of $0.30" in finding.said

    def test_alt_texts_that_are_not_carried_are_a_warning(self, x):
        put(x, "alt_text", "")
        assert verdicts(x, load=Load(images=2)) == {"alt_text": "warning"}

    def test_an_account_that_is_not_authorized_or_off_is_a_no_go(self, x):
        Connection.objects.create(account=x, status="unauthorized", changed_at=SLOT)
        Account.objects.filter(pk=x.pk).update(is_enabled=False)
        x.refresh_from_db()
        assert verdicts(x) == {"connection": "no_go", "account": "no_go"}

    def test_an_open_breaker_is_a_no_go_until_its_probe(self, x):
        breakers.seen(x, [Outcome(1, "planned", is_miss=True)] * 5, SLOT)
        assert verdicts(x, SLOT + timedelta(seconds=59)) == {"breaker": "no_go"}
        assert verdicts(x, SLOT + timedelta(seconds=61)) == {"breaker": "warning"}


WEEKLY = {
    "parts": [
        {"text": "Seven small things this week"},
        {"text": "Read it all: https://halcytone.com/news/week-49"},
        *({"text": f"Number {n}"} for n in range(3, 8)),
    ]
}


class TestCosts:
    def test_a_weekly_thread_of_seven_posts_one_with_a_link_and_two_images_is_31_cents(self, x):
        acts = costs.acts(WEEKLY["parts"], 2, X.passport)
        assert acts == {"post": 6, "post_with_link": 1, "media_metadata": 2, "read": 7}
        assert costs.price(acts, X.passport) == Decimal("0.307")
        said = costs.sentence(Decimal("0.307"), Decimal("1.24"), X.passport)
        assert said == "this issue about $0.31, month $1.24 of $25"

    def test_the_month_is_what_its_confirmed_rows_cost(self, press):
        account = make_account("x", channel="thread")
        put(account, "prices.post", "0.10")
        releases.start(make_release("x", slot_wall=wall_now()))
        sender.work("w1")
        now = Delivery.objects.latest("confirmed_at").confirmed_at
        assert spending.month(account, known.of(account), now) == Decimal("0.70")
        Delivery.objects.filter(part__gt=3).update(
            state="failed", confirmed_at=None, provider_id=""
        )
        assert spending.month(account, known.of(account), now) == Decimal("0.30")

    def test_what_went_out_last_month_is_not_of_this(self, press):
        account = make_account("x", channel="thread")
        put(account, "prices.post", "0.10")
        releases.start(make_release("x", slot_wall=wall_now()))
        sender.work("w1")
        Delivery.objects.update(confirmed_at=datetime(2026, 11, 1, 3, 59, tzinfo=UTC))
        november = datetime(2026, 11, 15, tzinfo=UTC)
        assert spending.month(account, known.of(account), november) == 0


class TestForecasts:
    @pytest.mark.parametrize(
        ("messages", "pace", "after_s"),
        [
            (0, {"per_second": 10}, 0),
            (10, {"per_second": 10}, 0),
            (11, {"per_second": 10}, 1),
            (5_000, {"per_second": 10}, 499),
            (1_001, {"per_second": 10, "per_hour": 1_000}, 3_600),
            (2_500, {"per_hour": 1_000}, 7_200),
            (7, {}, 0),
        ],
    )
    def test_the_last_message_leaves_in_the_window_that_has_room_for_it(
        self, messages, pace, after_s
    ):
        found = forecasts.predicted_finish(messages, Passport(**pace), SLOT)
        assert found == SLOT + timedelta(seconds=after_s)

    def test_the_steps_of_a_canary_come_before(self):
        steps = [timedelta(minutes=10)] * 3
        found = forecasts.predicted_finish(6_000, Passport(per_second=10), SLOT, steps)
        assert found == SLOT + timedelta(minutes=30, seconds=599)

    def test_a_pace_of_zero_never_ends(self):
        assert forecasts.predicted_finish(1, Passport(per_hour=0), SLOT) is None


class TestOutlooks:
    def test_it_names_messages_price_and_finish_of_each_format(self, x, time_machine):
        time_machine.move_to(SLOT - timedelta(days=1))
        draft = make_draft(["x"], slot_wall="2026-12-01T10:00", contents={"x": WEEKLY})
        draft.renditions.update(media=[{"src": "a", "alt": "A"}, {"src": "b", "alt": "B"}])
        (one,) = outlooks.of(draft)
        assert (one.messages, one.finish, one.verdict) == (7, SLOT, "go")
        assert one.cost.sentence == "this issue about $0.31, month $0.00 of $25"

    def test_a_finish_after_the_window_is_a_warning(self, x, time_machine):
        time_machine.move_to(SLOT - timedelta(days=1))
        put(x, "per_hour", 5)
        draft = make_draft(["x"], slot_wall="2026-12-01T10:00", contents={"x": WEEKLY})
        (one,) = outlooks.of(draft)
        assert (one.is_late, one.verdict) == (True, "warning")
        assert one.finish == SLOT + timedelta(hours=1)


class TestExpiries:
    def told(self):
        return list(Notification.objects.order_by("pk").values_list("kind", "subject"))

    def test_people_are_told_once_for_each_of_the_days(self, x, manager):
        put(x, "sunset_on", "2026-12-31")
        for day in (datetime(2026, 11, 30, 15, tzinfo=UTC), datetime(2026, 12, 1, 15, tzinfo=UTC)):
            expiries.warn(day)
            expiries.warn(day + timedelta(minutes=1))
        assert self.told() == [
            ("expiry", "Our x: the version of its api ends in 30 days"),
        ]
        expiries.warn(datetime(2026, 12, 17, 15, tzinfo=UTC))
        assert len(self.told()) == 2

    def test_the_last_day_is_told_at_once(self, x, manager):
        Token.objects.create(account=x, sealed="x", made_at=SLOT, ends_at=SLOT + timedelta(days=1))
        expiries.warn(SLOT)
        assert self.told() == [("no_go", "Our x: the token ends in 1 days")]

    def test_what_is_far_away_is_not_told(self, x, manager):
        put(x, "sunset_on", "2027-12-31")
        assert expiries.warn(SLOT) == 0
