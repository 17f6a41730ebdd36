"""Errors in the log by class and place, without their message: it may quote a row or what somebody sent.

Belongs here: that filter. Not here: the log's format (ty_resources/logs.py).
"""

import logging
import traceback


class WithoutMessages(logging.Filter):
    """Of an exception keeps its class, and where it was raised."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            where = "".join(traceback.format_tb(error.__traceback__))
            record.msg, record.args = f"{record.getMessage().strip()}: {type(error).__name__}\n{where}", ()
            record.exc_info = record.exc_text = None
        return True


def keep_messages_out() -> None:
    """Of what the server logs by itself: an error that no route has caught."""
    logging.getLogger("uvicorn.error").addFilter(WithoutMessages())
