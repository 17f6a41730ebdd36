"""How what happens is written down: one line of JSON each, or for people on a terminal.

Belongs here: the format of this project's own records and of the libraries' that share the process. Not here: what
Dagster writes of its runs: its loggers keep their handlers, and `ty` stays one that it manages. Nobody logs what is in
a posting or a profile; passwords in addresses are struck out here, since drivers quote them.
"""

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import IO, Any

import structlog

from ty_resources.settings import Settings

OURS = ("ty", "serving")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+@|(?<=password=)[^\s'\"]+")
_HANDLER = "ty-log"

# Of the run that this process executes: a run's threads do not inherit context variables, and a process has one run.
_run: dict[str, str] = {}


def configure_logs(
    config: Settings, *, whole_process: bool = True, level: int = logging.INFO, stream: IO[str] | None = None
) -> None:
    """Write records to stderr in the format of TY_LOG_FORMAT. A second call replaces the first.

    whole_process: all loggers, for the command line and the match view; else only ours, where Dagster keeps its own.
    level: of what is written; what Dagster keeps of a run is for its own settings to say.
    """
    out = stream or sys.stderr
    human = config.log_format == "human" or (config.log_format == "auto" and out.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_run,
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.set_name(_HANDLER)
    handler.setLevel(level)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _without_credentials,
                renderer,
            ],
        )
    )
    for name in ("", *OURS):
        logger = logging.getLogger(name)
        for old in [known for known in logger.handlers if known.get_name() == _HANDLER]:
            logger.removeHandler(old)
    for name in ("",) if whole_process else OURS:
        logging.getLogger(name).addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
        # Dagster's root handlers would write a record of ours a second time.
        logging.getLogger(name).propagate = whole_process
    if whole_process:
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).propagate = True


@contextmanager
def in_run(run_id: str, partition: str = "") -> Iterator[None]:
    """Every record of this process names the run, and the partition if it has one, until the end."""
    _run.update({"run": run_id, **({"partition": partition} if partition else {})})
    try:
        yield
    finally:
        _run.clear()


def _with_run(logger: Any, name: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in _run.items():
        record.setdefault(key, value)
    return record


def _without_credentials(logger: Any, name: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in record.items():
        if isinstance(value, str):
            record[key] = _CREDENTIALS.sub(lambda found: "…@" if found[0].endswith("@") else "…", value)
    return record
