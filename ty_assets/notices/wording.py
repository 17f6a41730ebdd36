"""The mails in German and English: plain text, titles only, and how to have no more of them.

Belongs here: words and the message. Not here: what is in it (`store`), and sending it (`sending`). A title comes from
whoever wrote the posting: it is one line of text here, whatever it holds. No picture, no link that counts.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.utils import make_msgid
from types import MappingProxyType
from typing import Final
from uuid import UUID

MOST_TITLES: Final = 10
_LONGEST_TITLE: Final = 120

_TEXTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "en": {
            "confirm.subject": "Please confirm: notices of new matches by mail",
            "confirm.text": (
                "Hello,\n\nsomebody who is signed in with this address asked for notices of new strong matches by "
                "mail.\nThey begin when you confirm it here within seven days:\n\n{confirm}\n\nIf that was not you, do "
                "nothing: no further mail comes."
            ),
            "digest.subject.one": "1 new strong match",
            "digest.subject.many": "{count} new strong matches",
            "digest.text": "Hello,\n\nnew for you:\n\n{titles}\n\nAll of them, with reasons: {notices}",
            "digest.more": "- and {count} more",
            "end": "No more of these mails: {unsubscribe}\nWhen they come, and whether: {settings}",
        },
        "de": {
            "confirm.subject": "Bitte bestätigen: Hinweise auf neue Treffer per E-Mail",
            "confirm.text": (
                "Guten Tag,\n\njemand, der mit dieser Adresse angemeldet ist, möchte Hinweise auf neue starke Treffer "
                "per E-Mail.\nSie beginnen, wenn Sie es innerhalb von sieben Tagen hier bestätigen:\n\n{confirm}\n\n"
                "Waren Sie das nicht, müssen Sie nichts tun: Es kommt keine weitere E-Mail."
            ),
            "digest.subject.one": "1 neuer starker Treffer",
            "digest.subject.many": "{count} neue starke Treffer",
            "digest.text": "Guten Tag,\n\nneu für Sie:\n\n{titles}\n\nAlle, mit Begründung: {notices}",
            "digest.more": "- und {count} weitere",
            "end": "Keine solchen E-Mails mehr: {unsubscribe}\nWann sie kommen, und ob: {settings}",
        },
    }
)


@dataclass(frozen=True)
class Links:
    """Addresses of the match view. base: without a slash at its end. language: of pages that strangers open."""

    base: str
    language: str = "en"

    def confirm(self, token: str) -> str:
        return f"{self.base}/notices/confirm/{token}?lang={self.language}"

    def unsubscribe(self, token: str) -> str:
        return f"{self.base}/notices/unsubscribe/{token}?lang={self.language}"

    @property
    def notices(self) -> str:
        return f"{self.base}/notices"

    @property
    def settings(self) -> str:
        return f"{self.base}/notices/settings"

    def match(self, posting_id: UUID) -> str:
        return f"{self.base}/matches/{posting_id}"


@dataclass(frozen=True)
class Told:
    """A posting in a digest."""

    posting_id: UUID
    title: str


def one_line(title: str) -> str:
    """A title as one line of plain text, of bounded length: no line break, no control or formatting character."""
    kept = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in title)
    words = " ".join(kept.split())
    return words if len(words) <= _LONGEST_TITLE else words[: _LONGEST_TITLE - 1].rstrip() + "…"


def confirmation(to: str, sender: str, token: str, links: Links, language: str) -> EmailMessage:
    """Asks the owner of the address whether mail may come."""
    texts, links = _TEXTS[language], replace(links, language=language)
    text = texts["confirm.text"].format(confirm=links.confirm(token))
    return _message(to, sender, texts["confirm.subject"], text, token, links, language)


def digest(to: str, sender: str, token: str, told: Sequence[Told], links: Links, language: str) -> EmailMessage:
    """What is new since the last one. told: the best first; at least one."""
    texts, count, links = _TEXTS[language], len(told), replace(links, language=language)
    lines = [f"- {one_line(one.title)}\n  {links.match(one.posting_id)}" for one in told[:MOST_TITLES]]
    if count > MOST_TITLES:
        lines.append(texts["digest.more"].format(count=count - MOST_TITLES))
    subject = texts["digest.subject.one" if count == 1 else "digest.subject.many"].format(count=count)
    text = texts["digest.text"].format(titles="\n".join(lines), notices=links.notices)
    return _message(to, sender, subject, text, token, links, language)


def _message(to: str, sender: str, subject: str, text: str, token: str, links: Links, language: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    # Of the sender's own domain, and of nothing else: a message id is kept by every server on the way.
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip("> ") or "localhost")
    message["Content-Language"] = language
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    # RFC 8058: one click in the reader's own program, without a page.
    message["List-Unsubscribe"] = f"<{links.unsubscribe(token)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    end = _TEXTS[language]["end"].format(unsubscribe=links.unsubscribe(token), settings=links.settings)
    message.set_content(f"{text}\n\n-- \n{end}\n", cte="quoted-printable")
    return message
