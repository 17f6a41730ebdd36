"""`ty batch prepare`, `scores` and `rubric` from the shell: what is written, and what is said of what cannot be."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ty_assets.candidate_evaluations.by_rules import RulesRelay
from ty_assets.candidate_evaluations.prepare import PrepareError
from ty_assets.candidate_evaluations.question import asked
from ty_assets.candidate_evaluations.rubric import RubricError, samples
from ty_assets.candidate_evaluations.table import TableError
from ty_jobs.batch_results import ResultsError
from ty_jobs.cli import app
from ty_resources.inference.relay import CHAT
from ty_resources.settings import Settings, settings

CANDIDATES = (
    "Nr;Name;E-Mail;Lebenslauf\n"
    '7;Öznur Kaya;oe@example.org;"Öznur Kaya ist examinierte Pflegefachkraft auf einer internistischen Station."\n'
    '8;Tom Roth;tom@example.org;"Seit zwei Jahren im Verkauf.\nKasse und Lager."\n'
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "candidates.csv").write_text(CANDIDATES, "cp1252")
    (tmp_path / "rubric.yaml").write_text(samples()["pflegefachkraft.de"], "utf-8")
    return tmp_path


def ran(*words: str) -> Result:
    settings.cache_clear()
    return CliRunner().invoke(app, ["batch", *words])


def done(*words: str) -> str:
    result = ran(*words)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def refused(*words: str) -> Exception:
    """What `main` would print."""
    result = ran(*words)
    assert isinstance(result.exception, (PrepareError, ResultsError, RubricError, TableError, OSError)), result.output
    return result.exception


def prepare(*more: str) -> Sequence[str]:
    return ("prepare", "candidates.csv", "--rubric", "rubric.yaml", *more)


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def answer(requests: Path, results: Path) -> None:
    """As a batch on the embedded engine would."""
    relay = RulesRelay(Settings())
    with results.open("w", encoding="utf-8") as file:
        for request in lines(requests):
            body = relay.ask(CHAT, request["body"]).body
            response = {"status_code": 200, "request_id": "r", "body": body}
            file.write(json.dumps({"id": "b", "custom_id": request["custom_id"], "response": response}) + "\n")


def test_a_table_becomes_requests_without_names(folder: Path) -> None:
    told = json.loads(done(*prepare("--json", "--model", "gemma3:12b")))
    assert told["files"] == [
        {"file": "candidates.jsonl", "requests": 2, "bytes": (folder / "candidates.jsonl").stat().st_size}
    ]
    assert told["columns"] == {"id": "Nr", "text": ["Lebenslauf"], "name": ["Name"], "contact": ["E-Mail"]}
    assert (told["candidates"], told["anonymised"], told["model"], told["warnings"]) == (2, 1, "gemma3:12b", [])
    first, second = lines(folder / "candidates.jsonl")
    assert (first["custom_id"], second["custom_id"], first["body"]["model"]) == ("7", "8", "gemma3:12b")
    text = asked(first["body"])
    assert text is not None
    assert "Kaya" not in text.text
    assert "examinierte Pflegefachkraft" in text.text
    assert first["body"]["messages"][0] == second["body"]["messages"][0]


def test_columns_can_be_chosen(folder: Path) -> None:
    done(*prepare("--id", "Name", "--text", "Lebenslauf", "--text", "Nr", "--keep-names", "-o", "x.jsonl"))
    first, _ = lines(folder / "x.jsonl")
    found = asked(first["body"])
    assert first["custom_id"] == "Öznur Kaya"
    assert found is not None
    assert "Öznur Kaya ist" in found.text
    assert "Nr: 7" in found.text
    done(*prepare("--id", "", "-o", "x.jsonl"))
    assert [line["custom_id"] for line in lines(folder / "x.jsonl")] == ["candidate-1", "candidate-2"]
    assert "no column 'Alter'" in str(refused(*prepare("--text", "Alter")))


def test_too_many_for_one_batch_is_told_and_can_be_split(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_BATCH_MAX_REQUESTS", "1")
    told = json.loads(done(*prepare("--json")))
    assert len(told["files"]) == 1
    assert "--split" in told["warnings"][0]
    told = json.loads(done(*prepare("--json", "--split")))
    assert [one["file"] for one in told["files"]] == ["candidates-001.jsonl", "candidates-002.jsonl"]
    assert told["warnings"] == []
    assert [lines(folder / one["file"])[0]["custom_id"] for one in told["files"]] == ["7", "8"]


def test_candidates_that_hardly_fit_the_context_are_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "candidates.csv").write_text(
        'id,text\n1,"' + "Pflege auf Station. " * 2_000 + '"\n2,kurz genug\n', "utf-8"
    )
    monkeypatch.setenv("TY_ENGINE", "openai")
    (warning,) = json.loads(done(*prepare("--json")))["warnings"]
    assert warning.startswith("1 candidates hardly fit into TY_CONTEXT_TOKENS")


def test_a_fault_in_the_last_row_leaves_no_file_and_no_rest(folder: Path) -> None:
    (folder / "candidates.jsonl").write_text("of yesterday")
    (folder / "candidates.csv").write_text(CANDIDATES + "8;X;;Text\n", "cp1252")
    assert "line 5: has the id '8' of line 3" in str(refused(*prepare()))
    assert (folder / "candidates.jsonl").read_text() == "of yesterday"
    assert sorted(one.name for one in folder.iterdir()) == ["candidates.csv", "candidates.jsonl", "rubric.yaml"]


def test_a_request_that_is_longer_than_any_may_be_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_BATCH_LINE_BYTES", "2000")
    assert "TY_BATCH_LINE_BYTES" in str(refused(*prepare()))


def test_rows_without_text_are_left_out_on_demand(folder: Path) -> None:
    (folder / "candidates.csv").write_text(CANDIDATES + "9;X;x@example.org;\n", "cp1252")
    assert "--skip-empty" in str(refused(*prepare()))
    told = json.loads(done(*prepare("--json", "--skip-empty")))
    assert told["candidates"] == 2
    assert told["warnings"] == ["1 rows without text were left out: lines 5"]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "empty"), (b"PK\x03\x04", "workbook"), (b'a,b\n1,"x\n', "double quote"), (b"a;b\n1;2\n", "--text")],
)
def test_a_file_that_is_no_table_is_told(folder: Path, content: bytes, told: str) -> None:
    (folder / "candidates.csv").write_bytes(content)
    assert told in str(refused(*prepare()))


def test_results_become_a_ranked_table_with_evidence(folder: Path) -> None:
    done(*prepare())
    answer(folder / "candidates.jsonl", folder / "output.jsonl")
    (folder / "errors.jsonl").write_text(
        json.dumps({"custom_id": "9", "response": None, "error": {"code": "batch_expired", "message": "late"}}) + "\n"
    )
    command = ("scores", "output.jsonl", "--requests", "candidates.jsonl", "--errors", "errors.jsonl", "--json")
    told = json.loads(done(*command))
    assert (told["candidates"], told["without_scores"], told["quotes_not_in_text"]) == (3, 1, 0)
    assert told["quotes_checked"] > 0
    with (folder / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["candidate"] for row in rows] == ["7", "8", "9"]
    assert float(rows[0]["overall"]) > float(rows[1]["overall"])
    assert "Pflegefachkraft" in rows[0]["Ausbildung: evidence"]
    assert rows[2]["error"] == "batch_expired"


def test_quotes_that_are_made_up_are_marked(folder: Path) -> None:
    done(*prepare())
    answer(folder / "candidates.jsonl", folder / "output.jsonl")
    content = (folder / "output.jsonl").read_text("utf-8").replace("examinierte", "promovierte")
    (folder / "output.jsonl").write_text(content, "utf-8")
    told = json.loads(done("scores", "output.jsonl", "--requests", "candidates.jsonl", "--json"))
    assert told["quotes_not_in_text"] > 0
    assert "[not in the text]" in (folder / "scores.csv").read_text("utf-8-sig")
    told = json.loads(done("scores", "output.jsonl", "--rubric", "rubric.yaml", "--json"))
    assert told["quotes_checked"] == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("nonsense\n", "line 1: not JSON"),
        ("[]\n", "line 1: expected a JSON object"),
        ('{"custom_id": "1", "method": "POST"}\n', "line 1: no result"),
        ('{"custom_id": "1", "response": null}\n\n{"custom_id": "1", "response": null}\n', "line 3: a second result"),
    ],
)
def test_a_file_that_holds_no_results_is_told(folder: Path, content: str, told: str) -> None:
    (folder / "output.jsonl").write_text(content)
    assert told in str(refused("scores", "output.jsonl", "--rubric", "rubric.yaml"))
    assert not (folder / "scores.csv").exists()


def test_a_rubric_is_needed_from_somewhere(folder: Path) -> None:
    (folder / "output.jsonl").write_text('{"custom_id": "1", "response": null}\n')
    assert "--rubric" in str(refused("scores", "output.jsonl"))


@pytest.mark.parametrize("name", samples())
def test_samples_are_printed_as_they_are_and_pass_the_check(folder: Path, name: str) -> None:
    printed = done("rubric", "sample", name)
    assert printed == samples()[name]
    (folder / "mine.yaml").write_text(printed, "utf-8")
    told = json.loads(done("rubric", "check", "mine.yaml", "--json"))
    assert len(told["criteria"]) >= 3
    assert 300 < told["prefix_tokens"] < 3_000
    assert done("rubric", "check", "mine.yaml", "--prompt").startswith(("You judge one", "Du bewertest einen"))


def test_a_rubric_with_faults_is_told_line_by_line(folder: Path) -> None:
    (folder / "rubric.yaml").write_text("name: x\ncriteria:\n  - name: a\n    weight: heavy\n")
    told = str(refused("rubric", "check", "rubric.yaml"))
    assert "rubric.yaml: 2 problems" in told
    assert "line 4, criteria[0].weight" in told
    (folder / "rubric.yaml").write_bytes(b"name: M\xfcller\n")
    assert "not UTF-8" in str(refused("rubric", "check", "rubric.yaml"))
    assert isinstance(refused("rubric", "check", "none.yaml"), OSError)
