"""Names of files, batches and events, in the form that clients of OpenAI's API expect.

Belongs here: only that. They are random: an id says nothing of how many there are, and cannot be guessed.
"""

import secrets
import string
from typing import Final

_ALPHABET: Final = string.ascii_letters + string.digits


def new_file_id() -> str:
    """Such as file-8Zq0mWc2T5yKr1LxVbN4dHsE."""
    return "file-" + "".join(secrets.choice(_ALPHABET) for _ in range(24))


def new_batch_id() -> str:
    """Such as batch_5f0c7d…, with 32 hexadecimal digits."""
    return f"batch_{secrets.token_hex(16)}"


def new_request_id() -> str:
    """Of one request of a batch, as its line in the output file names it."""
    return f"batch_req_{secrets.token_hex(16)}"


def new_event_id() -> str:
    """Of one event, which its receivers know a repetition by."""
    return f"evt_{secrets.token_hex(16)}"
