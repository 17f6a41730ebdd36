"""Many documents in one confined process, so that a test need not start an interpreter for each.

The process gives up the same rights and has the same memory as the sandbox's; a document that takes too long is
interrupted and told as "hung".
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

HANGS_AFTER = 15  # seconds for one document
_ROOT = str(Path(__file__).resolve().parents[3])


class Outcome(NamedTuple):
    code: str  # "read", a code of UnreadableCv, "no resume" for one that has no profile, or "hung"
    megabytes: int  # the most this process has held so far
    seconds: float


def outcomes(documents: Iterable[bytes]) -> list[Outcome]:
    """One for each document, in order; fewer where the process died."""
    program = f"import sys; sys.path.insert(0, {_ROOT!r}); from tests.profiles.reading.batch import serve; serve()"
    sent = b"".join(len(document).to_bytes(4, "big") + document for document in documents)
    ended = subprocess.run([sys.executable, "-I", "-c", program], input=sent, capture_output=True, check=False)
    return [Outcome(*json.loads(line)) for line in ended.stdout.splitlines()]


class _Hung(BaseException):
    pass


def _interrupt(*_: object) -> None:
    raise _Hung


def _peak_megabytes() -> int:
    """Of this program: what getrusage tells would count the test's process, which it was forked from."""
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // 1_000
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1_000


def serve() -> None:
    from ty_assets.profiles.json_resume import parse_json_resume
    from ty_assets.profiles.reading import confinement
    from ty_assets.profiles.resume_file import ProfileError

    confinement.limit_resources(cpu_seconds=3_600)
    for sample in (b"%PDF-", b"PK", b"{"):
        confinement.load_reader(sample)
    parse_json_resume('{"basics": {"summary": "Hello"}}', "cv")  # loads schema and language model
    confinement.give_up_rights()
    signal.signal(signal.SIGALRM, _interrupt)
    while header := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(int.from_bytes(header, "big"))
        started = time.process_time()
        signal.alarm(HANGS_AFTER)
        try:
            told = json.loads(confinement.answer_of(data))
            code = told.get("unreadable", "read")
            if code == "read":
                parse_json_resume(told["read"]["resume"], "cv")
        except ProfileError:
            code = "no resume"
        except _Hung:
            code = "hung"
        finally:
            signal.alarm(0)
        peak = _peak_megabytes()
        sys.stdout.buffer.write(json.dumps([code, peak, time.process_time() - started]).encode() + b"\n")
        sys.stdout.buffer.flush()
