"""A database with postings that the packaged encoder has read, and a form as a browser fills and sends it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import httpx
from pgvector import HalfVector

from tests.matching.tables import DAY, write_posting
from tests.matching.world import facet, posting
from ty_assets.berufenet.catalogue import Catalogue, starter_catalogue
from ty_assets.berufenet.store import store_catalogue
from ty_assets.postings.normalise import normalise_title, text_hash
from ty_resources.connect import embedded_engine
from ty_resources.postgres import Database

NURSE = "81302"  # of the starter catalogue
WANTED = {
    1: ("Pflegefachkraft", ["Wound care", "Medication administration", "German"], NURSE),
    2: ("Pflegefachkraft Intensiv", ["Wound care", "Intensive care"], NURSE),
    3: ("Softwareentwickler", ["Python", "SQL"], "43414"),
}


def write_market(db: Database) -> None:
    """Three open postings with facets, occupations, and vectors of the model that onboarding screens in.

    The catalogue has these two occupations: all 615 would have their labels encoded first.
    """
    starter = starter_catalogue()
    few = tuple(one for one in starter.occupations if one.kldb in {kldb for *_, kldb in WANTED.values()})
    store_catalogue(db, Catalogue(few, "test").with_synonyms(starter.titles()))
    texts: set[str] = set()
    for number, (title, terms, kldb) in WANTED.items():
        asked = [facet(term, requirement=n) for n, term in enumerate(terms)]
        write_posting(db, posting(title, asked, number, kldb=kldb), embedded=False)
        texts |= {normalise_title(title), *terms}
    engine = embedded_engine()
    wanted = sorted(texts)
    rows = [
        (engine.embedding_model, text_hash(text), text, HalfVector(vector), DAY)
        for text, vector in zip(wanted, engine.embed(wanted), strict=True)
    ]
    types = ["text", "bytea", "text", "halfvec", "date"]
    db.insert_new("embeddings", ["model", "text_hash", "text", "embedding", "needed_on"], rows, types=types)


@dataclass
class Form(HTMLParser):
    """The form of a page: its fields as a browser would send them."""

    page: str
    action: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._inside, self._name, self._text, self._options = False, "", "", list[str]()
        self.feed(self.page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form" and has.get("method") == "post" and not self.action:
            self._inside, self.action = True, has["action"] or ""
        if not self._inside:
            return
        name = has.get("name") or ""
        if tag == "input" and name and has.get("type") != "file":
            if has.get("type") not in ("checkbox", "radio") or "checked" in has:
                self.fields.setdefault(name, []).append(has.get("value") or "")
        elif tag in ("textarea", "select"):
            self._name, self._text, self._options = name, "", []
        elif tag == "option" and ("selected" in has or not self._options) and self._name:
            self._options = [has.get("value") or ""]

    def handle_data(self, data: str) -> None:
        self._text += data if self._name else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if tag in ("textarea", "select") and self._name:
            value = self._text.removeprefix("\n") if tag == "textarea" else (self._options or [""])[0]
            self.fields.setdefault(self._name, []).append(value)
            self._name = ""

    def sent(self, client: httpx.Client, changes: Mapping[str, str | list[str]], **button: str) -> httpx.Response:
        """The answer to the form with these fields changed and a button pressed."""
        fields: dict[str, Any] = {**self.fields, **changes, **button}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return client.post(self.action, content=urlencode(fields, doseq=True), headers=headers)


def faults_of(page: str) -> dict[str, str]:
    """What a page says is wrong, by the field's id."""
    return dict(re.findall(r'<p class="fault" id="([^"]+)-fault">([^<]*)</p>', page))
