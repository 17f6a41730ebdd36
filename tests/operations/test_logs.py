"""Every record is a line of JSON, or for people; it names its run, and no password."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from ty_resources.logs import OURS, configure_logs, in_run
from ty_resources.settings import Settings

LOGGERS = ("", *OURS, "uvicorn", "uvicorn.error", "uvicorn.access", "ty.engine")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = [(logging.getLogger(name), logging.getLogger(name).__dict__.copy()) for name in LOGGERS]
    handlers = [(logger, list(logger.handlers)) for logger, _ in before]
    yield
    for logger, state in before:
        logger.level, logger.propagate = state["level"], state["propagate"]
    for logger, old in handlers:
        logger.handlers[:] = old
    structlog.reset_defaults()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def configured(stream: io.StringIO, log_format: str = "auto", **options: Any) -> None:
    configure_logs(Settings(log_format=log_format), stream=stream, **options)  # type: ignore[arg-type]


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_record_is_one_line_of_json_with_time_level_logger_and_event() -> None:
    stream = io.StringIO()
    configured(stream)
    logging.getLogger("ty.engine").warning("the server at %s is down", "gpu1")
    structlog.get_logger("serving.errors").error("database_away", path="/")
    first, second = lines(stream)
    assert (first["level"], first["logger"], first["event"]) == ("warning", "ty.engine", "the server at gpu1 is down")
    assert first["timestamp"].endswith("Z")
    assert (second["level"], second["logger"], second["event"], second["path"]) == (
        "error", "serving.errors", "database_away", "/",
    )  # fmt: skip


def test_an_error_brings_its_traceback_in_the_same_line() -> None:
    stream = io.StringIO()
    configured(stream)
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("ty.serving").exception("an opened posting could not be read")
    (record,) = lines(stream)
    assert "ValueError: broken" in record["exception"]


@pytest.mark.parametrize(("log_format", "stream", "human"), [
    ("auto", Terminal(), True), ("auto", io.StringIO(), False), ("json", Terminal(), False),
    ("human", io.StringIO(), True),
])  # fmt: skip
def test_people_on_a_terminal_get_a_readable_line(log_format: str, stream: io.StringIO, human: bool) -> None:
    configured(stream, log_format)
    logging.getLogger("ty").warning("waiting for the server")
    told = stream.getvalue()
    assert "waiting for the server" in told
    assert told.startswith("{") is not human


def test_records_name_the_run_and_its_partition_also_from_threads_until_it_ends() -> None:
    stream = io.StringIO()
    configured(stream)
    with in_run("abc", "2026-03-02"):
        logging.getLogger("ty").info("inside")
    logging.getLogger("ty").info("outside")
    inside, outside = lines(stream)
    assert (inside["run"], inside["partition"]) == ("abc", "2026-03-02")
    assert "run" not in outside


def test_no_password_of_an_address_is_written() -> None:
    stream = io.StringIO()
    configured(stream)
    logging.getLogger("ty").warning("no answer of https://anna:secret@gpu1:11434/api/tags")
    logging.getLogger("ty").warning("cannot connect: user=me password=secret host=db")
    try:
        raise OSError("postgresql://me:secret@db/ty")
    except OSError:
        logging.getLogger("ty").exception("again")
    assert "secret" not in stream.getvalue()
    assert "gpu1:11434/api/tags" in stream.getvalue()


def test_beside_dagster_only_our_loggers_are_written_and_its_own_handlers_stay() -> None:
    stream = io.StringIO()
    theirs = logging.StreamHandler(io.StringIO())
    ours = logging.StreamHandler(io.StringIO())
    root = logging.getLogger()
    root.addHandler(theirs)
    logging.getLogger("ty").addHandler(ours)  # as Dagster does with a managed logger
    configured(stream, whole_process=False)
    logging.getLogger("dagster").warning("theirs")
    logging.getLogger("ty").warning("ours")
    assert [record["event"] for record in lines(stream)] == ["ours"]
    assert theirs in root.handlers
    assert ours.stream.getvalue() == "ours\n"
    assert "ours" not in theirs.stream.getvalue()


def test_configuring_again_writes_nothing_twice() -> None:
    stream = io.StringIO()
    configured(stream)
    configured(stream, whole_process=False)
    configured(stream)
    logging.getLogger("ty").warning("once")
    assert len(lines(stream)) == 1


def test_less_than_the_level_is_not_written_and_other_handlers_hear_it_all_the_same() -> None:
    stream, dagsters = io.StringIO(), logging.StreamHandler(io.StringIO())
    logging.getLogger("ty").addHandler(dagsters)
    configured(stream, level=logging.WARNING)
    logging.getLogger("ty").info("for the run's log")
    assert stream.getvalue() == ""
    assert dagsters.stream.getvalue() == "for the run's log\n"


def test_a_managed_logger_reaches_the_log_of_its_dagster_run() -> None:
    script = """
import logging, sys
import dagster as dg
from ty_resources.logs import configure_logs
from ty_resources.settings import settings
configure_logs(settings(), whole_process=False)
@dg.op
def work(): logging.getLogger("ty.engine").warning("told to both")
@dg.job
def one(): work()
logs = {"managed_python_loggers": ["ty"], "python_log_level": "INFO"}
with dg.instance_for_test(overrides={"python_logs": logs}) as instance:
    told = one.execute_in_process(instance=instance)
    records = instance.get_records_for_run(told.run_id).records
    print(sum("told to both" in (r.event_log_entry.user_message or "") for r in records))
"""
    told = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=120)
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == "1"
    ours = [json.loads(line) for line in told.stderr.splitlines() if line.startswith("{")]
    assert [record["event"] for record in ours] == ["told to both"]
