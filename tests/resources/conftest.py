"""What tests of the engines share."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def engine_log() -> Iterator[list[str]]:
    """What the engines have told so far."""
    told: list[str] = []

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    handler, log = Told(), logging.getLogger("ty.inference")
    log.addHandler(handler)
    yield told
    log.removeHandler(handler)
