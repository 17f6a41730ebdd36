"""How services are asked: under our name, slowly, again after a pause, and not at all once they turn us away."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from ty_resources.sources.polite import ATTEMPTS, LONGEST_PAUSE, REFUSALS, Polite, request_key
from ty_resources.sources.source import SourceChanged, SourceDown, Validator

URL = "https://jobs.example.org/pc/v6/jobs"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Wire:
    """Answers in order, the last one for ever; remembers requests and when they came."""

    def __init__(self, clock: Clock, *answers: Any) -> None:
        self.clock = clock
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.times: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.times.append(self.clock.now)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else httpx.Response(answer, json={})


def _asking(*answers: Any, **more: Any) -> tuple[Polite, Wire, Clock]:
    clock = Clock()
    wire = Wire(clock, *answers)
    told = {"contact": "team@example.org", "requests_per_second": 2.0, "backoff": 2.0, **more}
    return Polite(transport=httpx.MockTransport(wire), sleep=clock.sleep, clock=clock, **told), wire, clock


def _waiting(seconds: str, status: int = 429) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, json={}, headers={"Retry-After": seconds})


def test_a_request_says_who_asks_and_where_to_complain() -> None:
    client, wire, _ = _asking(200)
    client.get(URL)
    agent = wire.requests[0].headers["user-agent"]
    assert agent.startswith("ty-matching/")
    assert "team@example.org" in agent


def test_a_contact_that_is_no_ascii_on_one_line_breaks_no_request() -> None:
    client, wire, _ = _asking(200, contact="Zoë\r\nX-Evil: 1")
    client.get(URL)
    assert wire.requests[0].headers["user-agent"].endswith("(contact: Zo? X-Evil: 1)")


def test_no_more_requests_a_second_than_told() -> None:
    client, wire, _ = _asking(200)
    for _ in range(20):
        client.get(URL)
    gaps = [later - earlier for earlier, later in zip(wire.times, wire.times[1:], strict=False)]
    assert min(gaps) >= 0.499


def test_the_pace_holds_over_all_threads() -> None:
    clock = Clock()
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            clock.now = max(clock.now, clock.now + seconds)

    wire = Wire(clock, 200)
    client = Polite(transport=httpx.MockTransport(wire), sleep=sleep, clock=clock, requests_per_second=10)
    threads = [threading.Thread(target=lambda: [client.get(URL) for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now - 1000.0 >= 19 * 0.1 - 0.001


@pytest.mark.parametrize("answer", [500, 503, 429, 403, httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")])
def test_what_may_pass_is_tried_again_after_pauses_that_grow(answer: Any) -> None:
    client, wire, clock = _asking(answer, answer, answer, 200)
    assert client.get(URL).status == 200
    assert len(wire.requests) == 4
    gaps = [later - earlier for earlier, later in zip(wire.times, wire.times[1:], strict=False)]
    assert [low <= gap for low, gap in zip((1.0, 2.0, 4.0), gaps, strict=True)] == [True] * 3
    assert sum(clock.slept) <= 40


def test_the_pauses_of_two_who_were_turned_away_differ() -> None:
    slept = []
    for _ in range(8):
        client, _, clock = _asking(500, 200)
        client.get(URL)
        slept.append(max(clock.slept))
    assert len(set(slept)) > 1


def test_retry_after_is_kept_to_in_seconds_and_as_a_date() -> None:
    client, wire, _ = _asking(_waiting("30"), 200)
    client.get(URL)
    assert wire.times[1] - wire.times[0] >= 30
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    client, wire, _ = _asking(_waiting(date, 503), 200)
    client.get(URL)
    assert wire.times[1] - wire.times[0] >= 50


def test_a_retry_after_holds_for_every_request_to_the_host() -> None:
    client, wire, _ = _asking(_waiting("30"), 200)
    client.get(URL)
    client.get(f"{URL}?page=2")
    assert wire.times[2] >= wire.times[0] + 30


def test_who_is_told_to_stay_away_for_long_leaves_at_once() -> None:
    client, wire, clock = _asking(_waiting("7200"))
    with pytest.raises(SourceDown) as down:
        client.get(URL)
    assert down.value.retry_after == 7200
    assert len(wire.requests) == 1
    assert sum(clock.slept) < LONGEST_PAUSE


@pytest.mark.parametrize("status", [403, 429])
def test_after_some_refusals_in_a_row_nobody_hammers(status: int) -> None:
    client, wire, _ = _asking(status)
    with pytest.raises(SourceDown, match=str(status)):
        client.get(URL)
    assert len(wire.requests) == REFUSALS
    for _ in range(3):
        with pytest.raises(SourceDown):
            client.get(URL)
    assert len(wire.requests) == REFUSALS + 3, "one careful try each"


def test_another_host_is_not_blamed() -> None:
    clock = Clock()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429 if request.url.host == "jobs.example.org" else 200, json={})

    client = Polite(transport=httpx.MockTransport(answer), sleep=clock.sleep, clock=clock)
    with pytest.raises(SourceDown):
        client.get(URL)
    assert client.get("https://bank.example.org/search/").status == 200


def test_an_answer_closes_the_circuit_again() -> None:
    client, wire, _ = _asking(*[429] * REFUSALS, 200, 500, 200)
    with pytest.raises(SourceDown):
        client.get(URL)
    assert client.get(URL).status == 200
    assert client.get(URL).status == 200
    assert len(wire.requests) == REFUSALS + 3


def test_after_refusals_the_distance_between_requests_grows_and_shrinks_again() -> None:
    client, wire, _ = _asking(429, 200)
    for _ in range(40):
        client.get(URL)
    gaps = [later - earlier for earlier, later in zip(wire.times[1:], wire.times[2:], strict=False)]
    assert gaps[0] > 0.9
    assert gaps[-1] == pytest.approx(0.5, abs=0.01)


def test_a_page_in_place_of_json_is_asked_for_again_and_then_told() -> None:
    client, wire, _ = _asking(lambda: httpx.Response(200, html="<h1>Wartungsarbeiten</h1>"))
    with pytest.raises(SourceDown, match="expected JSON, got <h1>Wartungsarbeiten</h1>"):
        client.get(URL)
    assert len(wire.requests) == ATTEMPTS


def test_a_path_that_the_gateway_does_not_have_is_no_refusal() -> None:
    client, wire, _ = _asking(lambda: httpx.Response(403, json={"message": "No match found for request"}))
    with pytest.raises(SourceChanged, match="no longer has this path"):
        client.get(URL)
    assert len(wire.requests) == 1


@pytest.mark.parametrize("status", [301, 401, 406])
def test_an_answer_that_no_second_try_changes_is_told_at_once(status: int) -> None:
    client, wire, _ = _asking(status)
    with pytest.raises(SourceChanged, match=f"expected 200, got {status}"):
        client.get(URL)
    assert len(wire.requests) == 1


def test_what_we_have_is_asked_for_on_condition() -> None:
    client, wire, _ = _asking(
        lambda: httpx.Response(200, json={}, headers={"ETag": '"1"', "Last-Modified": "Mon"}), 304
    )
    validator = client.get(URL).validator
    assert validator == Validator('"1"', "Mon")
    assert client.get(URL, validator=validator).status == 304
    sent = wire.requests[1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"1"', "Mon")


def test_a_request_has_the_same_key_wherever_it_is_sent() -> None:
    one = request_key(httpx.URL("https://a.example.org/jobs?page=1&was=Koch"))
    assert one == request_key(httpx.URL("http://127.0.0.1:8686/jobs?was=Koch&page=1")) == "/jobs?page=1&was=Koch"
