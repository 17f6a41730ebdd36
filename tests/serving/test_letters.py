"""The letter of a match over HTTP: its draft, the person's version, and files that are read back."""

import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import docx
import httpx
import psycopg
import pypdf
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from serving_rows import Writer
from signing_in import signed_in

from serving.app import create_app
from serving.letter_docx import as_docx
from serving.letter_pdf import as_pdf, families
from serving.letter_sheet import Sheet, file_name, sheet
from ty_resources.postgres import with_schema

SENTENCES = [
    ("Bewerbung: Data Engineer", 0, "posting: title", "Data Engineer"),
    ("Sehr geehrte Damen und Herren,", 1, "template", ""),
    ("auf Ihre Ausschreibung „Data Engineer“ bewerbe ich mich gern.", 2, "posting: title", "Data Engineer"),
    ("Zuletzt war ich bei Müller & Söhne tätig.", 2, "profile: job 0", "Müller & Söhne"),
    ("Mit freundlichen Grüßen", 3, "template", ""),
]
DRAFT = [
    {"text": text, "paragraph": paragraph, "sources": [{"field": field, "quote": quote}]}
    for text, paragraph, field, quote in SENTENCES
]
# Umlauts, other alphabets of Europe, letters with two marks, and what no font here has.
EXOTIC = "Übung ẞ Šimůnek Łódź ệ Ж Ω – „so“ € 漢字"
PARTIES: dict[str, Any] = {
    "name": "Mira Beispiel", "email": "mira@example.org", "phone": "+49 431 0", "address": "Hafenstraße 7, 24103 Kiel",
    "home": "Kiel", "title": "Data Engineer", "employer": "Nordlicht GmbH", "city": "Kiel",
}  # fmt: skip
DAY = dt.date(2026, 3, 2)


@dataclass(frozen=True)
class Desk:
    client: httpx.Client
    other: httpx.Client
    posting: UUID
    plain: UUID
    conninfo: str

    @property
    def path(self) -> str:
        return f"/matches/{self.posting}/letter"


@pytest.fixture(scope="module")
def desk(new_database: Callable[[], str], served: Callable[[FastAPI], AbstractContextManager[str]]) -> Iterator[Desk]:
    conninfo = with_schema(new_database(), "ty")
    with psycopg.connect(conninfo) as connection:
        world = Writer(connection).world()
        drafts = json.dumps({"de": DRAFT, "en": [{**DRAFT[0], "text": "Application: Data Engineer"}]})
        connection.execute("UPDATE match_analyses SET sentences = %s WHERE posting_id = %s", [drafts, world.analysed])
    one, two = signed_in(conninfo, world.person), signed_in(conninfo, world.nameless)
    with served(create_app(conninfo)) as url, one.client(url) as client, two.client(url) as other:
        yield Desk(client, other, world.analysed, world.plain, conninfo)


def test_the_draft_is_shown_with_what_each_sentence_rests_on(desk: Desk) -> None:
    html = desk.client.get(desk.path).text
    assert "auf Ihre Ausschreibung „Data Engineer“ bewerbe ich mich gern.</span>" in html
    assert "Müller &amp; Söhne</blockquote>" in html
    told = desk.client.get(f"/api{desk.path}").json()
    assert told["text"].startswith("Bewerbung: Data Engineer\n\nSehr geehrte Damen und Herren,\n\nauf Ihre")
    assert (told["is_edited"], told["language"]) == (False, "de")
    assert told["draft"]["sentences"][3]["sources"] == [{"field": "profile: job 0", "quote": "Müller & Söhne"}]
    assert desk.client.get(f"/api{desk.path}?language=en").json()["text"] == "Application: Data Engineer"


def test_an_edit_is_kept_for_its_language_until_the_draft_is_wanted_again(desk: Desk) -> None:
    sent = {"do": "save", "language": "de", "text": f"Betreff\r\n\r\nHallo,\r\n\r\n{EXOTIC} <b>\x00"}
    saved = desk.client.post(desk.path, data=sent)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{desk.path}?language=de")
    html = desk.client.get(desk.path).text
    assert f"{EXOTIC} &lt;b&gt;</textarea>" in html
    assert "Back to the draft" in html
    told = desk.client.get(f"/api{desk.path}").json()
    assert told["text"] == f"Betreff\n\nHallo,\n\n{EXOTIC} <b>"
    assert told["draft"]["sentences"][0]["text"] == "Bewerbung: Data Engineer", "the draft stays beside it"
    assert not desk.client.get(f"/api{desk.path}?language=en").json()["is_edited"]
    assert desk.client.get(f"{desk.path}.txt").text.endswith(f"Betreff\n\nHallo,\n\n{EXOTIC} <b>\n")
    desk.client.post(desk.path, data={"do": "reset", "language": "de"})
    assert not desk.client.get(f"/api{desk.path}").json()["is_edited"]


def test_a_draft_that_changes_leaves_the_persons_text_alone_and_says_so(desk: Desk) -> None:
    assert desk.client.put(f"/api{desk.path}", json={"text": "Meins"}).json()["draft_has_changed"] is False
    with psycopg.connect(desk.conninfo) as connection:
        other = json.dumps({"de": [{**DRAFT[0], "text": "Bewerbung: etwas anderes"}], "en": []})
        connection.execute("UPDATE match_analyses SET sentences = %s WHERE posting_id = %s", [other, desk.posting])
        connection.commit()
        try:
            told = desk.client.get(f"/api{desk.path}").json()
            assert (told["text"], told["draft_has_changed"]) == ("Meins", True)
        finally:
            before = json.dumps({"de": DRAFT, "en": [{**DRAFT[0], "text": "Application: Data Engineer"}]})
            connection.execute("UPDATE match_analyses SET sentences = %s WHERE posting_id = %s", [before, desk.posting])
    assert desk.client.delete(f"/api{desk.path}").status_code == 204


@pytest.mark.parametrize("kind", ["txt", "docx", "pdf"])
def test_each_file_has_sender_recipient_date_and_text(desk: Desk, kind: str) -> None:
    answer = desk.client.get(f"{desk.path}.{kind}?language=de")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="Anschreiben-Nordlicht-GmbH.{kind}"'
    text = _read(kind, answer.content)
    for words in ("Mira Beispiel", "mira@example.org", "Nordlicht GmbH", "Kiel, ", "Bewerbung: Data Engineer", "Söhne"):
        assert words in text


@pytest.mark.parametrize(
    "sent", [{"do": "save", "text": " \r\n"}, {"do": "save", "text": "x" * 20_001}, {"do": "burn", "text": "x"}, {}]
)
def test_no_empty_nor_endless_letter_is_kept(desk: Desk, sent: dict[str, str]) -> None:
    assert desk.client.post(desk.path, data={"language": "de", **sent}).status_code == 422
    assert not desk.client.get(f"/api{desk.path}?language=de").json()["is_edited"]


def test_a_match_without_a_draft_has_room_for_ones_own_letter(desk: Desk) -> None:
    path = f"/matches/{desk.plain}/letter"
    assert "There is no draft" in desk.client.get(path).text
    assert desk.client.get(f"{path}.pdf").status_code == 404
    assert desk.client.put(f"/api{path}", json={"text": "Hallo", "language": "de"}).json()["text"] == "Hallo"
    assert desk.client.get(f"{path}.pdf?language=de").status_code == 200


def test_nobody_else_reaches_a_letter(desk: Desk) -> None:
    for path in (desk.path, f"{desk.path}.pdf", f"/api{desk.path}"):
        assert desk.other.get(path).status_code == 404
    assert desk.other.put(f"/api{desk.path}", json={"text": "Fremd"}).status_code == 404


def _read(kind: str, content: bytes) -> str:
    if kind == "docx":
        return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs)
    if kind == "pdf":
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    return content.decode()


def test_letters_beyond_latin_are_written_where_a_font_has_them() -> None:
    written = _read("pdf", as_pdf(sheet(PARTIES, f"Betreff\n\n{EXOTIC}", "de", DAY)))
    if families():
        assert "Übung ẞ Šimůnek Łódź ệ Ж Ω – „so“ €" in written
    assert "Kiel, 2. März 2026" in written


def test_without_a_font_what_cannot_be_written_is_spelt_or_seen_to_be_missing() -> None:
    written = _read("pdf", as_pdf(sheet(PARTIES, f"Betreff\n\n{EXOTIC}", "de", DAY), fonts=[]))
    assert "Übung" in written
    assert "Simunek" in written
    assert '- "so" EUR ??' in written


TEXTS = st.text(st.characters(exclude_categories=()), max_size=300)


@settings(deadline=None, max_examples=30)
@given(text=TEXTS, name=TEXTS, employer=TEXTS)
def test_no_text_breaks_a_file(text: str, name: str, employer: str) -> None:
    made = sheet({**PARTIES, "name": name, "employer": employer}, text, "en", DAY)
    assert docx.Document(io.BytesIO(as_docx(made))).paragraphs
    assert as_pdf(made, fonts=[]).startswith(b"%PDF")
    assert made.text.encode("utf-8")


@settings(deadline=None, max_examples=50)
@given(employer=TEXTS)
def test_a_file_name_is_harmless_everywhere(employer: str) -> None:
    name = file_name({**PARTIES, "employer": employer}, "de", "pdf")
    assert name.isascii()
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")
    assert name.startswith("Anschreiben")
    assert name.endswith(".pdf")
    assert len(name) < 100


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Bewerbung: X\n\nHallo,\n\nText", "Bewerbung: X"),
        ("Sehr geehrte Damen und Herren,\n\nText", ""),
        ("Nur ein Absatz", ""),
        ("zwei\nZeilen\n\nText", ""),
    ],
)
def test_a_first_line_by_itself_is_the_subject_unless_it_greets(text: str, subject: str) -> None:
    made: Sheet = sheet(PARTIES, text, "de", DAY)
    assert made.subject == subject
    assert made.sender_lines == ("Hafenstraße 7", "24103 Kiel", "+49 431 0", "mira@example.org")
