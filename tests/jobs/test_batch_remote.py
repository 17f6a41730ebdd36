"""`ty batch` over HTTP, against the match view as it is served, and against what may answer in its place."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from rich.console import Console
from typer.testing import CliRunner, Result

from serving.accounts.passwords import Passwords
from serving.app import create_app
from ty_assets.accounts import store
from ty_assets.candidate_evaluations.by_rules import RulesRelay
from ty_assets.candidate_evaluations.rubric import samples
from ty_assets.candidate_evaluations.working import work
from ty_assets.feedback.steps import carry_out
from ty_jobs.batch_api import ApiError, BatchApi
from ty_jobs.batch_watching import Watching, told_of
from ty_jobs.cli import _mendable, app
from ty_resources.postgres import Database
from ty_resources.settings import settings

CHEAP_KIB = 64
TABLE = "id,name,cv\n1,Kim Larsen,Nurse for ten years in intensive care.\n2,Robin Meyer,Cook.\n"


@pytest.fixture(scope="module")
def db(new_database: Callable[[], str]) -> Iterator[Database]:
    with Database(new_database()) as db:
        yield db


@pytest.fixture(scope="module")
def url(db: Database) -> Iterator[str]:
    view = create_app(db.conninfo, passwords=Passwords(CHEAP_KIB))
    server = uvicorn.Server(uvicorn.Config(view, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        threading.Event().wait(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def key_of(db: Database, *, is_recruiter: bool = True) -> str:
    account_id = carry_out(db, store.add(store.address(f"{uuid4()}@example.org"), None, is_admin=False))
    if is_recruiter:
        carry_out(db, store.set_recruiter(account_id, is_recruiter=True))
    return carry_out(db, store.make_token(account_id, "ty batch"))


@pytest.fixture
def ty(db: Database, url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command as somebody with a key of their own."""
    use(monkeypatch, url, key_of(db))
    return run


def use(monkeypatch: pytest.MonkeyPatch, url: str, key: str) -> None:
    monkeypatch.setenv("TY_API_URL", url)
    monkeypatch.setenv("TY_API_KEY", key)
    settings.cache_clear()


def run(*arguments: str | Path, refused: str = "") -> Result:
    """refused: what `ty` would say and exit with 2."""
    result = CliRunner().invoke(app, [str(one) for one in ("batch", *arguments)])
    if refused:
        assert isinstance(result.exception, ApiError), result.output
        assert isinstance(result.exception, _mendable())
        assert refused in str(result.exception)
    elif result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(TABLE)
    (tmp_path / "rubric.yaml").write_text(samples()["general.en"])
    file = tmp_path / "people.jsonl"
    prepared = run("prepare", tmp_path / "people.csv", "--rubric", tmp_path / "rubric.yaml", "-o", file)
    assert prepared.exit_code == 0, prepared.output
    return file


def answered(db: Database, batch_id: str) -> str:
    relay = RulesRelay(settings())
    return work(db, batch_id, relay, settings(), holder=str(uuid4()), stop=threading.Event()).came


def submitted(ty: Callable[..., Result], file: Path, *more: str) -> dict[str, Any]:
    result = ty("submit", file, "--json", *more)
    assert result.exit_code == 0, result.output
    batch: dict[str, Any] = json.loads(result.stdout)
    return batch


def test_from_a_table_to_scores(ty: Callable[..., Result], db: Database, requests: Path, tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.yaml"
    batch = submitted(ty, requests, "--name", "Autumn", "--rubric", str(rubric), "--priority", "high")
    assert batch["status"] == "validating"
    assert (batch["priority"], batch["metadata"]) == (1, {"name": "Autumn"})
    assert answered(db, batch["id"]) == "completed"
    watched = ty("watch", batch["id"], "--json")
    assert watched.exit_code == 0
    assert json.loads(watched.stdout)["request_counts"] == {"total": 2, "completed": 2, "failed": 0}
    output = tmp_path / "results.jsonl"
    assert ty("results", "-o", output).exit_code == 0
    assert sorted(json.loads(line)["custom_id"] for line in output.read_text().splitlines()) == ["1", "2"]
    assert list(tmp_path.glob("*.part")) == []
    ranked = ty("scores", output, "--requests", requests, "-o", tmp_path / "scores.csv", "--json")
    assert json.loads(ranked.stdout)["candidates"] == 2
    assert "Autumn" in ty("list").stdout
    told = ty("status", batch["id"][:14]).stdout
    assert "completed" in told
    assert "100.0%" in told


def test_several_files_become_several_batches(ty: Callable[..., Result], requests: Path) -> None:
    made = submitted(ty, requests, str(requests), "--name", "Both")
    assert [batch["metadata"]["name"] for batch in made] == ["Both 1/2", "Both 2/2"]  # type: ignore[index]


def test_watching_a_batch_to_its_end_follows_it(ty: Callable[..., Result], db: Database, requests: Path) -> None:
    batch = submitted(ty, requests)
    later = threading.Timer(1.5, answered, args=(db, batch["id"]))
    later.start()
    result = ty("watch")
    later.join()
    assert result.exit_code == 0
    assert "validating, 0/0" in result.stderr
    assert f"{batch['id']}: completed, 2 answered, 0 failed" in result.stdout


def test_pause_resume_priority_and_cancel(ty: Callable[..., Result], db: Database, requests: Path) -> None:
    batch_id = submitted(ty, requests)["id"]
    assert "validating, paused" in ty("pause", batch_id).stdout
    assert "paused" in ty("status").stdout
    assert ty("resume", batch_id.removeprefix("batch_")[:10]).stdout.strip() == f"{batch_id}: validating"
    assert json.loads(ty("priority", batch_id, "low", "--json").stdout)["priority"] == -1
    assert "cancelling" in ty("cancel", batch_id).stdout
    assert answered(db, batch_id) == "cancelled"
    watched = ty("watch", batch_id)
    assert watched.exit_code == 1, "it did not complete"
    assert "cancelled, 0 answered" in watched.stdout
    run("pause", batch_id, refused="cancelled")


def test_errors_have_a_file_of_their_own(ty: Callable[..., Result], db: Database, requests: Path) -> None:
    body = json.loads(requests.read_text().splitlines()[0])
    body["body"]["messages"] = [{"role": "user", "content": "What is the weather?"}]
    requests.write_text(json.dumps(body | {"custom_id": "odd"}) + "\n" + requests.read_text())
    batch = submitted(ty, requests)
    assert answered(db, batch["id"]) == "completed"
    result = ty("results", "--errors")
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["custom_id"] == "odd"
    assert "--errors" in ty("watch").stderr
    submitted(ty, requests)
    assert ty("results").exit_code == 1, "there are none yet"


def test_what_validation_finds_is_told_with_its_lines(ty: Callable[..., Result], db: Database, requests: Path) -> None:
    requests.write_text(requests.read_text() + "{}\n")
    batch = submitted(ty, requests)
    assert answered(db, batch["id"]) == "failed"
    assert ty("watch").exit_code == 1
    assert "line 3:" in ty("status").stderr


def test_what_is_no_file_of_requests_is_not_sent(ty: Callable[..., Result], tmp_path: Path) -> None:
    for content in (b"", b"\xef\xbb\xbf\n\n", b"id,cv\n", b"[]\n", b"{}\n", b"\xff\xfe"):
        (tmp_path / "x.jsonl").write_bytes(content)
        run("submit", tmp_path / "x.jsonl", refused="expected a request in the first line")


def test_a_file_with_a_mark_at_its_head_is_taken(ty: Callable[..., Result], requests: Path) -> None:
    requests.write_bytes(b"\xef\xbb\xbf" + requests.read_bytes().replace(b"\n", b"\r\n"))
    assert submitted(ty, requests)["endpoint"] == "/v1/chat/completions"


def test_an_unknown_batch_and_an_ambiguous_one_are_told(ty: Callable[..., Result], requests: Path) -> None:
    run("status", "batch_" + "0" * 32, refused="There is no such batch.")
    run("status", "zz", refused="there is no such batch of this account")
    run("status", refused="there is no such batch")
    for _ in range(20):
        submitted(ty, requests)
    many = json.loads(ty("list", "--json", "--limit", "100").stdout)
    assert len(many) == 20
    first = next(c for c in "0123456789abcdef" if sum(one["id"].startswith(f"batch_{c}") for one in many) > 1)
    run("status", first, refused="batches begin like")
    assert ty("list", "--limit", "3").stdout.count("batch_") == 3


# who may not, and who does not answer


def test_without_a_key_it_says_where_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TY_API_KEY", raising=False)
    settings.cache_clear()
    run("list", refused="set TY_API_KEY to an API token of a recruiter's account")


def test_a_wrong_key_and_an_account_that_may_not_are_told_apart(
    db: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, url, "ty_wrong")
    run("list", refused="does not know this key")
    use(monkeypatch, url, key_of(db, is_recruiter=False))
    run("list", refused="`ty account recruiter EMAIL`")


def test_a_server_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "http://127.0.0.1:9", "ty_any")
    run("list", refused="cannot be reached")


def test_no_key_is_in_any_message(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, url, "ty_very_secret")
    assert "very_secret" not in str(run("list", refused="key").exception)


def told(status: int, body: Any) -> BatchApi:
    """An API that answers so."""
    kind = "text/html" if isinstance(body, str) else "application/json"
    content = body if isinstance(body, str) else json.dumps(body)
    answer = httpx.MockTransport(lambda request: httpx.Response(status, text=content, headers={"content-type": kind}))
    return BatchApi("http://api.test/v1/", "ty_any", answer)


@pytest.mark.parametrize(
    ("status", "body", "message", "passes"),
    [
        (400, {"error": {"message": "Too long", "param": "metadata"}}, "Too long. [metadata] (status 400)", False),
        (413, {"error": {"message": "Too large."}}, "ty batch prepare --split", False),
        (429, {"error": {"message": "Later."}}, "Later. (status 429)", True),
        (502, "<html>a proxy</html>", "(status 502)", True),
        (200, "<html>another site</html>", "is TY_API_URL the address of a match view?", False),
        (200, [1, 2], "expected JSON", False),
        (500, {"error": "a text"}, "(status 500)", True),
    ],
)
def test_answers_that_are_none_are_told(status: int, body: Any, message: str, passes: bool) -> None:
    with told(status, body) as api, pytest.raises(ApiError) as caught:
        api.batch("batch_x")
    assert message in str(caught.value)
    assert "<html>" not in str(caught.value)
    assert caught.value.passes is passes


def test_watching_outlasts_a_server_that_restarts() -> None:
    answers = iter([500, httpx.ConnectError("away"), 200, 503, 200])
    statuses = iter(["in_progress", "completed"])

    def answer(request: httpx.Request) -> httpx.Response:
        what = next(answers)
        if isinstance(what, Exception):
            raise what
        if what != 200:
            return httpx.Response(what)
        return httpx.Response(200, json={"id": "b", "status": next(statuses), "created_at": 0})

    with BatchApi("http://api.test", "k", httpx.MockTransport(answer)) as api:
        assert Watching(api, Console(quiet=True), every=0.01).until_settled("b", 30)["status"] == "completed"


def test_watching_gives_up_where_waiting_mends_nothing() -> None:
    with told(401, {}) as api, pytest.raises(ApiError, match="does not know this key"):
        Watching(api, Console(quiet=True), every=0.01).until_settled("b", 30)
    with told(503, {}) as api, pytest.raises(ApiError):
        Watching(api, Console(quiet=True), every=0.01).until_settled("b", 0)


def test_a_bar_is_drawn_on_a_terminal() -> None:
    counts = {"total": 4, "completed": 3, "failed": 1}
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120)
    with told(200, {"id": "b", "status": "completed", "created_at": 0, "request_counts": counts}) as api:
        Watching(api, console).until_settled("b", 1)
    assert "4/4" in written.getvalue()
    assert "1 failed" in written.getvalue()


def test_what_is_known_of_the_progress_is_told_and_nothing_else() -> None:
    progress = {"rate_per_second": 2.25, "eta_seconds": 4000, "saved_share": 0.876, "vram_bytes": 11 * 2**30}
    batch = {"status": "in_progress", "request_counts": {"failed": 12}, "progress": progress | {"queue_position": 1}}
    told = "2.25/s, 1 h 6 min left, 87.6% of the prompts cached, 12 failed, 11.0 GiB on the GPU"
    assert told_of(batch) == told
    assert told_of({"status": "completed", "progress": {}}) == ""
    assert told_of({"status": "validating", "progress": {"queue_position": 3}}) == "place 3 in the queue"
