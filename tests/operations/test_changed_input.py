"""A posting that was given up is tried again when its text is another one, and only then."""

from collections.abc import Sequence

from backlog import DAY, add_postings, change_text, select
from pydantic import BaseModel

from ty_assets.derive import Method, Report, Stage, derive
from ty_resources.inference.engine import Answer
from ty_resources.postgres import Database


class Text(BaseModel):
    text: str


class Summary(BaseModel):
    summary: str


class Reader:
    """Fails on texts with "broken" in them, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def answer(self, items: Sequence[Text]) -> list[Answer[Summary]]:
        self.asked += len(items)
        return [
            Answer(None, ValueError("cannot be read")) if "broken" in item.text else Answer(Summary(summary="read"))
            for item in items
        ]


STAGE: Stage[Text, Summary] = Stage(
    name="posting_summaries",
    table="posting_summaries",
    inputs="posting_texts",
    item=lambda row: Text(text=row["description"]),
    columns=["summary"],
    rows=lambda output: [(output.summary,)],
)


def run(db: Database, reader: Reader, attempts: int = 3) -> Report:
    method: Method[Text, Summary] = Method("m", "1", lambda item: item.text, reader.answer)
    return derive(db, STAGE, method, [DAY], chunk_size=10, max_attempts=attempts)


def failed(db: Database) -> list[tuple[int, bool]]:
    return [(row["attempts"], row["given_up"]) for row in select(db, "SELECT attempts, given_up FROM failures")]


def test_a_given_up_posting_is_left_alone_until_its_text_changes(db: Database) -> None:
    (posting,) = add_postings(db, 1, text="broken")
    reader = Reader()
    for _ in range(3):
        run(db, reader)
    assert failed(db) == [(3, True)]
    assert run(db, reader).given_up == 1
    assert reader.asked == 3
    change_text(db, posting, "mended")
    report = run(db, reader)
    assert (report.derived, report.given_up) == (1, 0)
    assert failed(db) == []


def test_attempts_are_counted_anew_for_another_text(db: Database) -> None:
    (posting,) = add_postings(db, 1, text="broken")
    reader = Reader()
    for _ in range(3):
        run(db, reader)
    change_text(db, posting, "broken otherwise")
    run(db, reader)
    assert failed(db) == [(1, False)]
    for _ in range(3):
        run(db, reader)
    assert failed(db) == [(3, True)]
    assert reader.asked == 6


def test_a_failure_of_an_older_version_which_knows_no_input_stays_given_up(db: Database) -> None:
    add_postings(db, 1, text="broken")
    reader = Reader()
    run(db, reader, attempts=1)
    select(db, "UPDATE failures SET input_hash = NULL RETURNING 1")
    assert run(db, reader, attempts=1).given_up == 1
