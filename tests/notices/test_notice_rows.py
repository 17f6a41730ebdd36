"""Notices over a real Postgres: each match is told once, to its own person, and what was there before is not."""

import datetime as dt

import dagster as dg
from notice_world import TODAY, NoticeWorld

from ty_assets.feedback.steps import carry_out
from ty_assets.notices import store
from ty_assets.notices.asset import match_notices

YESTERDAY = TODAY - dt.timedelta(days=1)


def test_the_first_look_only_remembers_and_then_each_new_match_is_told_once(notice_world: NoticeWorld) -> None:
    mira = notice_world.account("mira")
    notice_world.match(mira, "there before")
    assert notice_world.look().first_looks == 1
    assert notice_world.titles(mira) == []
    notice_world.match(mira, "came later")
    assert notice_world.look().told == 1
    again = notice_world.look()
    assert (again.first_looks, again.told) == (0, 0)
    assert notice_world.titles(mira) == ["came later"]


def test_an_account_is_first_looked_at_when_it_has_matches(notice_world: NoticeWorld) -> None:
    mira = notice_world.account("mira")
    assert notice_world.look().first_looks == 0
    notice_world.match(mira, "first of all")
    assert notice_world.look().first_looks == 1
    assert notice_world.titles(mira) == []


def test_people_without_an_account_and_weak_matches_get_no_rows(notice_world: NoticeWorld) -> None:
    mira = notice_world.account("mira")
    notice_world.match(mira, "known")
    notice_world.look()
    notice_world.select("DELETE FROM accounts WHERE account_id = %s", mira)
    notice_world.match(mira, "new")
    assert notice_world.look().told == 0
    ben = notice_world.account("ben")
    notice_world.match(ben, "b", tier="weak")
    notice_world.look()
    notice_world.match(ben, "partly", tier="partial")
    notice_world.match(ben, "fails a gate", passed=False)
    assert notice_world.look().told == 0


def test_what_feedback_hides_or_has_not_judged_yet_is_not_told(notice_world: NoticeWorld) -> None:
    mira = notice_world.account("mira")
    notice_world.match(mira, "known")
    notice_world.look()
    notice_world.insert("feedback_states", profile_id=mira, version="1", ratings=3)
    for title, hidden_by in (("shown", []), ("below the cutoff", ["cutoff"]), ("hidden by hand", ["person"])):
        posting = notice_world.match(mira, title)
        notice_world.insert(
            "personal_matches", profile_id=mira, posting_id=posting, passed_gates=True, score=0.9, adjustment=0.0,
            personal_score=0.9, hidden_by=hidden_by,
        )  # fmt: skip
    notice_world.match(mira, "not judged yet")
    noted = notice_world.look()
    assert notice_world.titles(mira) == ["shown"]
    assert noted.by == {"told": 1, "hidden": 2, "not judged": 1}


def test_what_has_closed_and_what_is_older_than_the_account_is_not_told(notice_world: NoticeWorld) -> None:
    mira = notice_world.account("mira")
    notice_world.match(mira, "known")
    notice_world.look()
    notice_world.match(mira, "gone", available=False)
    notice_world.match(mira, "run out", valid_through=YESTERDAY)
    notice_world.match(mira, "from before", YESTERDAY)
    assert notice_world.look(YESTERDAY, TODAY).by == {"closed": 2, "known": 1}


def test_a_posting_that_goes_and_comes_again_is_not_told_twice(notice_world: NoticeWorld) -> None:
    mira = notice_world.account("mira")
    notice_world.match(mira, "known")
    notice_world.look()
    posting = notice_world.match(mira, "now and then")
    notice_world.look()
    notice_world.select("DELETE FROM postings WHERE posting_id = %s", posting)
    notice_world.match(mira, "now and then")
    assert notice_world.look().told == 0


def test_notices_go_with_their_account(notice_world: NoticeWorld) -> None:
    mira = notice_world.account("mira")
    notice_world.match(mira, "known")
    notice_world.look()
    notice_world.want_mail(mira)
    notice_world.match(mira, "new")
    notice_world.look()
    notice_world.select("DELETE FROM accounts WHERE account_id = %s", mira)
    for table in ("notices", "notice_settings", "mail_outbox"):
        assert notice_world.select(f"SELECT * FROM {table}") == []


def test_the_asset_tells_how_many_and_why_not(notice_world: NoticeWorld) -> None:
    mira = notice_world.account("mira")
    notice_world.match(mira, "known")
    today = dt.date.today()
    carry_out(notice_world.db, store.note([], today))
    notice_world.match(mira, "new", today)
    notice_world.match(mira, "gone", today, available=False)
    run = dg.materialize([match_notices], resources={"db": notice_world.db}, partition_key=str(today))
    assert run.success
    (made,) = run.asset_materializations_for_node("match_notices")
    shown = {name: value.value for name, value in made.metadata.items()}
    assert (shown["told"], shown["not told: closed"], shown["dagster/row_count"]) == (1, 1, 1)
    assert "preview" not in shown, "whose match it is concerns its person alone"
