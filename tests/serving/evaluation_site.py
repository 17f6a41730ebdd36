"""A table of candidates, a recruiter who has signed in, and a worker that judges by the rules."""

import re
import threading
from uuid import uuid4

import httpx
from signing_in import Member, signed_in

from ty_assets.accounts import store
from ty_assets.candidate_evaluations.by_rules import RulesRelay
from ty_assets.candidate_evaluations.probes import run_probes
from ty_assets.candidate_evaluations.working import work
from ty_assets.feedback.steps import carry_out
from ty_resources.postgres import Database
from ty_resources.settings import Settings

# The best by far is K-3; nothing in K-5 has to do with any job.
CANDIDATES = """Nummer;Name;E-Mail;Lebenslauf
K-1;Petra Lindemann;petra.lindemann@example.org;"Pflegehelferin seit 2021, Grundpflege in einem Altenheim.
Möchte dazulernen."
K-2;Tobias Krüger;tobias@example.org;"Buchhalter mit acht Jahren Erfahrung in der Lohnabrechnung.
Sehr gute Kenntnisse in DATEV."
K-3;Amira Haddad;amira.haddad@example.org;"Examinierte Pflegefachfrau, zehn Jahre Erfahrung auf der Intensivstation.
Wundversorgung, Medikamentengabe und Praxisanleitung. Leitet seit 2019 ein Team von zwölf Pflegekräften."
K-4;Jonas Weber;jonas@example.org;"Krankenpfleger, vier Jahre Innere Medizin, Wundversorgung und Pflegedokumentation."
K-5;Lena Frost;lena@example.org;"Ich mag Wolken."
"""


def recruiter(conninfo: str) -> Member:
    member = signed_in(conninfo, uuid4())
    with Database(conninfo) as db:
        carry_out(db, store.set_recruiter(member.account_id, is_recruiter=True))
    return member


def worked(db: Database, batch_id: str, config: Settings, *, probed: bool = False) -> str:
    """Work on a batch to its end, by the rules; what came of it."""
    relay = RulesRelay(config)
    try:
        probes = run_probes if probed else None
        return work(db, batch_id, relay, config, holder=str(uuid4()), stop=threading.Event(), probes=probes).came
    finally:
        relay.close()


def sent_table(client: httpx.Client, content: str | bytes = CANDIDATES) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return client.post("/evaluations/new", files={"table": ("bewerbungen.csv", data, "text/csv")})


def table_id(answer: httpx.Response) -> str:
    """Of the table that was taken."""
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/evaluations/new/(file-[A-Za-z0-9]{24})", answer.headers["location"])
    assert found, answer.headers["location"]
    return found[1]


def started(client: httpx.Client, content: str = CANDIDATES, **choices: str) -> str:
    """The id of a batch that the pages have made of a table, with what they propose but for these choices."""
    file_id = table_id(sent_table(client, content))
    page = client.get(f"/evaluations/new/{file_id}")
    assert page.status_code == 200, page.text
    fields = dict(re.findall(r'<select id="[^"]*" name="([^"]+)".*?<option value="([^"]*)" selected', page.text, re.S))
    fields |= {"name": "Pflege", "do": "start"} | choices
    answer = client.post(f"/evaluations/new/{file_id}", data=fields)
    assert answer.status_code == 303, answer.text
    for _ in range(200):
        answer = client.get(answer.headers["location"] if answer.status_code == 303 else str(answer.url))
        if answer.status_code == 303:
            found = re.fullmatch(r"/evaluations/(batch_[0-9a-f]{32})", answer.headers["location"])
            if found:
                return found[1]
        threading.Event().wait(0.05)
    raise AssertionError("no batch was made")
