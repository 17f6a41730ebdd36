"""That a batch has ended is told once to each receiver, signed as OpenAI's clients verify it, and tried again."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import openai
import pytest
from evaluation_world import EvaluationWorld, ScriptedRelay
from pydantic import SecretStr

from ty_assets.candidate_evaluations.control import cancel
from ty_assets.candidate_evaluations.events import MOST_TRIES, Told, tell
from ty_assets.feedback.steps import carry_out
from ty_resources import alerts
from ty_resources.postgres import Database
from ty_resources.settings import Settings, SettingsError
from ty_resources.webhooks import NotTaken, deliver, headers_of, key_of

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


class Inbox:
    """What a receiver got; `status` is what it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                inbox.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(inbox.status)
                if inbox.status == 302:
                    self.send_header("location", inbox.url)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?token=secret"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    found = Inbox()
    yield found
    found.close()


@pytest.fixture
def watched(db: Database, inbox: Inbox) -> EvaluationWorld:
    return EvaluationWorld(db, batch_webhook_urls=inbox.url, batch_webhook_secret=SECRET)


def due_now(world: EvaluationWorld) -> None:
    world.update("UPDATE batch_events SET next_try_at = now()")


def test_openai_s_client_takes_what_is_told(watched: EvaluationWorld, inbox: Inbox) -> None:
    batch_id = watched.batch(2)
    watched.work(batch_id, ScriptedRelay())
    assert tell(watched.db, watched.config) == Told(told=1)
    assert tell(watched.db, watched.config) == Told()
    ((headers, body),) = inbox.got
    client = openai.OpenAI(api_key="none", webhook_secret=SECRET)
    event = client.webhooks.unwrap(body, headers)
    assert event.type == "batch.completed"
    assert event.object == "event"
    assert event.data.id == batch_id
    assert event.id == headers["webhook-id"]
    with pytest.raises(openai.InvalidWebhookSignatureError):
        client.webhooks.unwrap(body + b" ", headers)


@pytest.mark.parametrize(
    ("ending", "kind"), [("failed", "batch.failed"), ("expired", "batch.expired"), ("cancelled", "batch.cancelled")]
)
def test_each_way_of_ending_is_told(watched: EvaluationWorld, inbox: Inbox, ending: str, kind: str) -> None:
    batch_id = watched.batch(b"{\n" if ending == "failed" else 2)
    if ending == "expired":
        watched.update("UPDATE batches SET expires_at = now()")
    if ending == "cancelled":
        carry_out(watched.db, cancel(watched.account_id, batch_id))
    assert watched.work(batch_id, ScriptedRelay()).came == ending
    assert tell(watched.db, watched.config) == Told(told=1)
    assert json.loads(inbox.got[0][1])["type"] == kind


@pytest.mark.parametrize("status", [500, 404, 302])
def test_who_does_not_take_it_hears_of_it_again_and_is_given_up_in_the_end(
    watched: EvaluationWorld, inbox: Inbox, status: int
) -> None:
    watched.work(watched.batch(1), ScriptedRelay())
    inbox.status = status
    assert tell(watched.db, watched.config) == Told(again=1)
    assert tell(watched.db, watched.config) == Told(), "not before its time"
    for _ in range(MOST_TRIES - 2):
        due_now(watched)
        assert tell(watched.db, watched.config) == Told(again=1)
    due_now(watched)
    assert tell(watched.db, watched.config) == Told(given_up=1)
    (row,) = watched.db.rows("batch_events_given_up", most=10)
    assert (row["attempts"], row["error"]) == (MOST_TRIES, f"answered {status}")
    assert len({headers["webhook-id"] for headers, _ in inbox.got}) == 1
    assert len(inbox.got) == MOST_TRIES, "a redirect is not followed"


def test_a_receiver_that_comes_back_hears_it_once(watched: EvaluationWorld, inbox: Inbox) -> None:
    watched.work(watched.batch(1), ScriptedRelay())
    inbox.status = 503
    tell(watched.db, watched.config)
    inbox.status = 204
    due_now(watched)
    assert tell(watched.db, watched.config) == Told(told=1)
    due_now(watched)
    assert tell(watched.db, watched.config) == Told()


def test_who_is_gone_for_good_is_given_up_at_once(watched: EvaluationWorld, inbox: Inbox) -> None:
    watched.work(watched.batch(1), ScriptedRelay())
    inbox.status = 410
    assert tell(watched.db, watched.config) == Told(given_up=1)
    watched.work(watched.batch(1), ScriptedRelay())
    nobody = watched.config.model_copy(update={"batch_webhook_urls": ()})
    assert tell(watched.db, nobody) == Told(given_up=1)


def test_a_process_that_is_killed_while_it_tells_tells_it_again_with_the_same_id(watched: EvaluationWorld) -> None:
    watched.work(watched.batch(1), ScriptedRelay())
    told: list[str] = []

    def killed(_url: Any, event_id: str, *_: Any) -> None:
        told.append(event_id)
        if len(told) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell(watched.db, watched.config, killed)
    due_now(watched)
    assert tell(watched.db, watched.config, killed) == Told(told=1)
    assert told[0] == told[1]


def test_alerts_hear_of_it_without_a_candidate_s_text(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str, bool]] = []

    def send(_self: alerts.Receiver, title: str, body: str, *, over: bool = False) -> bool:
        sent.append((title, body, over))
        return len(sent) > 1

    monkeypatch.setattr(alerts.Receiver, "send", send)
    world = EvaluationWorld(db, alert_urls="json://127.0.0.1:1")
    batch_id = world.batch(3)
    world.work(batch_id, ScriptedRelay())
    assert tell(world.db, world.config) == Told(again=1)
    due_now(world)
    assert tell(world.db, world.config) == Told(told=1)
    title, body, over = sent[1]
    assert (title, over) == (f"Batch {batch_id}: completed", True)
    assert body.startswith("3 of 3 answered, 0 failed, after 0:00:0")
    carry_out(world.db, cancel(world.account_id, cancelled := world.batch(1)))
    world.work(cancelled, ScriptedRelay())
    world.work(world.batch(b"?"), ScriptedRelay())
    tell(world.db, world.config)
    assert [title.rpartition(": ")[2] for title, _, _ in sent[2:]] == ["failed"], "who cancels knows"
    assert "1 errors" in sent[2][1]


def test_an_address_is_told_to_nobody(caplog: pytest.LogCaptureFixture, watched: EvaluationWorld, inbox: Inbox) -> None:
    watched.work(watched.batch(1), ScriptedRelay())
    inbox.close()
    with caplog.at_level("DEBUG", "ty"):
        assert tell(watched.db, watched.config) == Told(again=1)
    (row,) = watched.select("SELECT error, receiver FROM batch_events")
    assert "token" not in caplog.text + row["error"] + row["receiver"]
    inbox.__init__()  # type: ignore[misc]


def test_an_unsigned_event_has_no_signature_and_a_long_silence_is_no_answer() -> None:
    assert "webhook-signature" not in headers_of("evt_1", 1, b"{}", None)
    with pytest.raises(NotTaken, match="no answer"):
        deliver(SecretStr("http://127.0.0.1:1/"), "evt_1", 1, b"{}", None)
    with pytest.raises(NotTaken, match="no answer"):
        deliver(SecretStr("https://"), "evt_1", 1, b"{}", None)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TY_BATCH_WEBHOOK_SECRET", "topsecretvalue", "expected whsec_ and base64"),
        ("TY_BATCH_WEBHOOK_SECRET", "whsec_topsecretvalue!", "base64 after"),
        ("TY_BATCH_WEBHOOK_SECRET", "whsec_" + base64.b64encode(b"topsecret").decode(), "at least 16 bytes"),
        (
            "TY_BATCH_WEBHOOK_URLS",
            "https://example.org/a,http://example.org/topsecretvalue",
            "address 2: expected an https",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_told_without_their_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=told) as caught:
        Settings.load()
    assert "topsecret" not in str(caught.value)
    assert base64.b64encode(b"topsecret").decode() not in str(caught.value)


def test_several_addresses_may_have_commas_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_BATCH_WEBHOOK_URLS", "https://a.example/x?ids=1,2, https://b.example/")
    monkeypatch.setenv("TY_BATCH_WEBHOOK_SECRET", SECRET)
    loaded = Settings.load()
    assert [url.get_secret_value() for url in loaded.batch_webhook_urls] == [
        "https://a.example/x?ids=1,2",
        "https://b.example/",
    ]
    assert key_of(SECRET) == b"0123456789abcdef0123456789abcdef"
