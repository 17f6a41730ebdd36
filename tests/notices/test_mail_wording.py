"""The mails: what is in them, and what no title can put there."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ty_assets.notices.wording import MOST_TITLES, Links, Told, confirmation, digest, one_line

LINKS = Links("https://jobs.example.net")
TO, SENDER, TOKEN = "mira@example.org", "Jobs <jobs@example.net>", "a-token-of-some-length"


def told(*titles: str) -> list[Told]:
    return [Told(UUID(int=number), title) for number, title in enumerate(titles)]


def read_back(message: EmailMessage) -> EmailMessage:
    back = message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert isinstance(back, EmailMessage)
    return back


@pytest.mark.parametrize(("language", "subject"), [("en", "2 new strong matches"), ("de", "2 neue starke Treffer")])
def test_a_digest_has_titles_and_links_in_its_language(language: str, subject: str) -> None:
    message = read_back(digest(TO, SENDER, TOKEN, told("Pflegekraft (m/w/d)", "Köchin"), LINKS, language))
    text = message.get_content()
    assert message["Subject"] == subject
    assert "Köchin" in text
    assert f"https://jobs.example.net/matches/{UUID(int=1)}" in text
    assert message.get_content_type() == "text/plain", "no picture, nothing that counts"
    assert [part.get_content_type() for part in message.walk()] == ["text/plain"]


def test_one_match_is_told_in_the_singular() -> None:
    assert digest(TO, SENDER, TOKEN, told("Koch"), LINKS, "de")["Subject"] == "1 neuer starker Treffer"


def test_a_long_digest_names_the_first_and_counts_the_others() -> None:
    text = digest(TO, SENDER, TOKEN, told(*(f"Job {n}." for n in range(MOST_TITLES + 3))), LINKS, "en").get_content()
    assert f"Job {MOST_TITLES - 1}." in text
    assert f"Job {MOST_TITLES}." not in text
    assert "and 3 more" in text


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_mail_can_be_ended_with_one_click(language: str) -> None:
    for message in (
        confirmation(TO, SENDER, TOKEN, LINKS, language),
        digest(TO, SENDER, TOKEN, told("x"), LINKS, language),
    ):
        link = f"https://jobs.example.net/notices/unsubscribe/{TOKEN}?lang={language}"
        assert message["List-Unsubscribe"] == f"<{link}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link in message.get_content()
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"].endswith("@example.net>")


def test_the_first_mail_has_a_link_to_confirm_and_no_title() -> None:
    text = confirmation(TO, SENDER, TOKEN, LINKS, "en").get_content()
    assert f"https://jobs.example.net/notices/confirm/{TOKEN}?lang=en" in text


@given(st.text(max_size=400))
def test_a_title_is_one_line_whatever_it_holds(title: str) -> None:
    line = one_line(title)
    assert len(line) <= 120
    assert line == " ".join(line.split())
    assert line.isprintable()
    message = digest(TO, SENDER, TOKEN, told(title), LINKS, "en")
    assert set(message.keys()) >= {"From", "To", "Subject"}
    body = read_back(message).get_content()
    assert body.count("\n- ") == 1, "no title becomes a second entry"
