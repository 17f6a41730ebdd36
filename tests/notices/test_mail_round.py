"""From consent to a digest in a mailbox, over a real SMTP server: once a day, never twice, again after a failure."""

import datetime as dt
import threading
from typing import Any

import pytest
from notice_world import NOON, TODAY, NoticeWorld
from smtp_inbox import SmtpInbox, free_port

from ty_assets.feedback.steps import carry_out
from ty_assets.notices import store
from ty_assets.notices.store import TooManyMails

TOMORROW = NOON + dt.timedelta(days=1)


def test_nothing_comes_before_the_first_mail_is_confirmed(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    mira = notice_world.account("mira")
    notice_world.match(mira, "known")
    notice_world.look()
    notice_world.want_mail(mira)
    notice_world.match(mira, "Developer")
    notice_world.look()
    assert notice_world.digests() == 0
    assert notice_world.send(inbox).sent == 1
    (asked,) = inbox.messages
    assert (asked["To"], asked["From"]) == ("mira@example.org", "Jobs <jobs@example.net>")
    assert "Developer" not in asked.get_content()
    assert notice_world.confirm(inbox.token("confirm"))
    assert notice_world.digests() == 1
    notice_world.send(inbox)
    assert "Developer" in inbox.messages[1].get_content()


def test_there_is_no_consent_without_asking_and_no_mail_without_consent(
    notice_world: NoticeWorld, inbox: SmtpInbox
) -> None:
    mira = notice_world.account("mira")
    notice_world.match(mira, "known")
    notice_world.look()
    notice_world.match(mira, "new")
    notice_world.look()
    assert notice_world.digests() == 0
    assert notice_world.send(inbox).sent == 0


def test_a_digest_comes_from_the_chosen_hour_on_and_once_a_day(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    mira = notice_world.confirmed(inbox, "mira", hour=9, language="de")
    notice_world.match(mira, "Bäckerin")
    notice_world.look()
    assert notice_world.digests(NOON.replace(hour=8)) == 0
    assert notice_world.digests(NOON.replace(hour=9)) == 1
    notice_world.match(mira, "Köchin")
    notice_world.look()
    assert notice_world.digests(NOON.replace(hour=20)) == 0, "the second of a day waits for tomorrow"
    assert notice_world.digests(TOMORROW) == 1
    assert notice_world.digests(TOMORROW.replace(hour=23)) == 0
    notice_world.send(inbox)
    first, second = (message.get_content() for message in inbox.messages)
    assert ("Bäckerin" in first, "Köchin" in first) == (True, False)
    assert ("Bäckerin" in second, "Köchin" in second) == (False, True), "what was told is never told again"


def test_what_was_read_on_the_page_meanwhile_is_left_out(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    mira = notice_world.confirmed(inbox, "mira")
    read, _ = notice_world.match(mira, "seen"), notice_world.match(mira, "unseen")
    notice_world.look()
    notice_world.digests()
    notice_world.select("UPDATE notices SET read_at = now() WHERE posting_id = %s", read)
    notice_world.send(inbox)
    assert "unseen" in inbox.messages[0].get_content()
    assert "- seen" not in inbox.messages[0].get_content()
    other = notice_world.match(mira, "seen too")
    notice_world.look()
    notice_world.digests(TOMORROW)
    notice_world.select("UPDATE notices SET read_at = now() WHERE posting_id = %s", other)
    assert notice_world.send(inbox).dropped == 1
    assert len(inbox.messages) == 1


def test_a_mail_that_the_server_puts_off_comes_again_and_arrives_once(
    notice_world: NoticeWorld, inbox: SmtpInbox
) -> None:
    mira = notice_world.confirmed(inbox, "mira")
    notice_world.match(mira, "Developer")
    notice_world.look()
    notice_world.digests()
    inbox.answers = ["451 try later"]
    assert notice_world.send(inbox).again == 1
    assert notice_world.send(inbox).sent == 0, "not before its time"
    notice_world.due_again()
    assert notice_world.send(inbox).sent == 1
    notice_world.due_again()
    assert notice_world.send(inbox).sent == 0
    assert len(inbox.messages) == 1
    assert "Developer" in inbox.messages[0].get_content()
    assert notice_world.states()[-1] == "sent"


def test_a_server_that_is_away_costs_nobody_their_mail(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    for name in ("mira", "ben"):
        person = notice_world.confirmed(inbox, name)
        notice_world.match(person, f"for {name}")
    notice_world.look()
    assert notice_world.digests() == 2
    away = notice_world.send(inbox, f"smtp://127.0.0.1:{free_port()}")
    assert (away.again, away.given_up) == (1, 0), "the round ends with the first"
    notice_world.due_again()
    assert notice_world.send(inbox).sent == 2
    assert {message["To"] for message in inbox.messages} == {"mira@example.org", "ben@example.org"}


def test_a_mailbox_that_is_gone_is_given_up_and_keeps_nobody_else_waiting(
    notice_world: NoticeWorld, inbox: SmtpInbox
) -> None:
    for name in ("gone", "mira"):
        person = notice_world.confirmed(inbox, name)
        notice_world.match(person, f"for {name}")
    notice_world.look()
    notice_world.digests()
    inbox.receivers = {"gone@example.org": "550 no such mailbox as gone@example.org"}
    told = notice_world.send(inbox)
    assert (told.given_up, told.sent) == (1, 1)
    (error,) = [row["error"] for row in notice_world.select("SELECT error FROM mail_outbox WHERE state = 'given_up'")]
    assert error == "SMTPRecipientRefused 550", "the server's words may name the address"


def test_a_mail_is_given_up_after_many_tries(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    mira = notice_world.confirmed(inbox, "mira")
    notice_world.match(mira, "Developer")
    notice_world.look()
    notice_world.digests()
    inbox.answers = ["451 later"] * 20
    for _ in range(9):
        notice_world.send(inbox)
        notice_world.due_again()
    assert notice_world.states()[-1] == "given_up"
    assert notice_world.send(inbox).again == 0


def test_a_mail_that_may_have_arrived_is_not_sent_again(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    mira = notice_world.confirmed(inbox, "mira")
    notice_world.match(mira, "Developer")
    notice_world.look()
    notice_world.digests()
    inbox.answers = ["hang up"]
    assert notice_world.send(inbox).unclear == 1
    notice_world.due_again()
    assert notice_world.send(inbox).sent == 0
    assert len(inbox.messages) == 1
    assert notice_world.states()[-1] == "claimed"


def test_a_run_that_is_killed_after_handing_over_does_not_send_twice(
    notice_world: NoticeWorld, inbox: SmtpInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mira = notice_world.confirmed(inbox, "mira")
    notice_world.match(mira, "Developer")
    notice_world.look()
    notice_world.digests()

    def killed(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ty_assets.notices.sending._ended", killed)
        with pytest.raises(KeyboardInterrupt):
            notice_world.send(inbox)
    notice_world.due_again()
    assert notice_world.send(inbox).sent == 0
    assert len(inbox.messages) == 1


def test_two_rounds_at_once_send_each_mail_once(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    for number in range(12):
        person = notice_world.account(f"person-{number}")
        notice_world.match(person, f"known {number}")
        notice_world.want_mail(person)
    rounds = [threading.Thread(target=notice_world.send, args=(inbox,)) for _ in range(3)]
    for one in rounds:
        one.start()
    for one in rounds:
        one.join()
    assert sorted(message["To"] for message in inbox.messages) == sorted(f"person-{n}@example.org" for n in range(12))


def test_one_click_of_any_mail_ends_them_and_drops_what_is_on_its_way(
    notice_world: NoticeWorld, inbox: SmtpInbox
) -> None:
    mira = notice_world.confirmed(inbox, "mira")
    notice_world.match(mira, "one")
    notice_world.look()
    notice_world.digests()
    notice_world.send(inbox)
    notice_world.match(mira, "two")
    notice_world.look()
    notice_world.digests(TOMORROW)
    token = inbox.token("unsubscribe")
    assert carry_out(notice_world.db, store.unsubscribe(token)) == mira
    assert carry_out(notice_world.db, store.unsubscribe(token)) == mira, "a second click is no error"
    assert notice_world.send(inbox).sent == 0
    assert notice_world.states()[-1] == "dropped"
    notice_world.match(mira, "three")
    notice_world.look()
    assert notice_world.digests(TOMORROW + dt.timedelta(days=1)) == 0
    assert carry_out(notice_world.db, store.unsubscribe("a-token-that-nobody-has-been-given")) is None


def test_only_the_first_mail_confirms_and_only_for_a_week_and_its_address(
    notice_world: NoticeWorld, inbox: SmtpInbox
) -> None:
    mira = notice_world.account("mira")
    notice_world.want_mail(mira)
    notice_world.send(inbox)
    token = inbox.token("confirm")
    notice_world.select("UPDATE mail_outbox SET made_at = now() - interval '8 days'")
    assert not notice_world.confirm(token), "too old"
    notice_world.select("UPDATE mail_outbox SET made_at = now()")
    notice_world.select("UPDATE accounts SET email = 'other@example.org' WHERE account_id = %s", mira)
    assert not notice_world.confirm(token), "another address"
    notice_world.select("UPDATE accounts SET email = 'mira@example.org' WHERE account_id = %s", mira)
    assert not notice_world.confirm(token[:-1]), "no token of ours"
    assert notice_world.confirm(token)
    assert notice_world.confirm(token), "a second click is no error"


def test_consent_that_is_withdrawn_makes_the_first_mail_s_link_worthless(
    notice_world: NoticeWorld, inbox: SmtpInbox
) -> None:
    mira = notice_world.account("mira")
    notice_world.want_mail(mira)
    notice_world.send(inbox)
    carry_out(notice_world.db, store.no_mail(mira))
    assert not notice_world.confirm(inbox.token("confirm"))


def test_a_new_address_gets_nothing_before_it_is_confirmed(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    mira = notice_world.confirmed(inbox, "mira")
    notice_world.match(mira, "one")
    notice_world.look()
    notice_world.digests()
    notice_world.select("UPDATE accounts SET email = 'new@example.org' WHERE account_id = %s", mira)
    assert notice_world.send(inbox).dropped == 1
    notice_world.want_mail(mira)
    notice_world.match(mira, "two")
    notice_world.look()
    assert notice_world.digests(TOMORROW) == 0
    notice_world.send(inbox)
    assert [message["To"] for message in inbox.messages] == ["new@example.org"]
    assert notice_world.confirm(inbox.token("confirm"))
    assert notice_world.digests(TOMORROW) == 1


def test_confirmations_are_asked_for_a_few_times_a_day(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    mira = notice_world.account("mira")
    for _ in range(3):
        notice_world.want_mail(mira)
        notice_world.send(inbox)
    with pytest.raises(TooManyMails, match="3 mails a day"):
        carry_out(notice_world.db, store.want_mail(mira, 7, "en", TODAY))
    assert len(inbox.messages) == 3


def test_rows_of_old_mail_go_and_what_they_told_of_is_not_told_again(
    notice_world: NoticeWorld, inbox: SmtpInbox
) -> None:
    mira = notice_world.confirmed(inbox, "mira")
    notice_world.match(mira, "Developer")
    notice_world.look()
    notice_world.digests()
    notice_world.send(inbox)
    assert notice_world.db.value("prune_mail", before=dt.datetime.now(dt.UTC) + dt.timedelta(days=1)) == 2
    assert notice_world.digests(TOMORROW) == 0


def test_no_token_and_no_address_is_in_the_outbox(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    mira = notice_world.account("mira")
    notice_world.want_mail(mira)
    notice_world.send(inbox)
    (row,) = notice_world.select("SELECT * FROM mail_outbox")
    assert inbox.token("confirm") not in str(row)
    assert "mira@" not in str(row)


def test_a_server_with_a_login_is_logged_in_to(notice_world: NoticeWorld, inbox: SmtpInbox) -> None:
    mira = notice_world.account("mira")
    notice_world.want_mail(mira)
    assert notice_world.send(inbox, inbox.url.replace("://", "://user:secret@")).sent == 1
    assert inbox.logins == [(b"user", b"secret")]
