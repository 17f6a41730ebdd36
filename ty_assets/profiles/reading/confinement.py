"""The process that reads one document: it takes the bytes from stdin, gives up its rights, and answers on stdout.

Belongs here: limits of the process and the form of its answer. Not here: starting and killing it (sandbox.py).
"""

import json
import os
import resource
import sys
from dataclasses import asdict
from typing import Any

from ty_assets.profiles.reading.answer import ReadCv, UnreadableCv
from ty_assets.profiles.reading.limits import MAX_UPLOAD_BYTES

MEMORY_BYTES = 800_000_000  # of address space; the largest honest PDF we made took 250 MB, the bare process 60
CPU_SECONDS = 15  # an ordinary CV takes 0.4
MAX_FILES = 32  # modules that load late open theirs
_NICENESS = 5  # whoever looks at matches goes first
# Nothing that a reader needs. Only Python's own calls are caught; the readers are Python but for expat and zlib.
_DENIED = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.kill",
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate",
    "os.putenv", "shutil.", "ctypes.", "ftplib.", "urllib.", "http.", "smtplib.", "webbrowser.", "pty.", "sqlite3.",
)  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def limit_resources(cpu_seconds: int = CPU_SECONDS) -> None:
    """Bound memory, time and files of this process; at the end of its time the kernel ends it."""
    os.nice(_NICENESS)
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_NOFILE, MAX_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))


def give_up_rights() -> None:
    """No network, no other program, nothing written any more, for as long as this process lives."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.dont_write_bytecode = True
    sys.addaudithook(_deny)


def _deny(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_DENIED):
        raise PermissionError(event)
    if event == "open" and len(arguments) > 2 and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        raise PermissionError(event)


def load_reader(data: bytes) -> None:
    """Import what this document needs while modules may still be compiled and kept."""
    from ty_assets.profiles.reading import fit, free_text, read  # noqa: F401

    if b"%PDF-" in data[:1024]:
        sys.modules.setdefault("PIL", None)  # type: ignore[arg-type]  # pictures are not decoded, so need no decoder
        from ty_assets.profiles.reading import pdf  # noqa: F401
    elif data.startswith(b"PK"):
        from ty_assets.profiles.reading import docx  # noqa: F401
    else:
        from ty_assets.profiles.reading import structured  # noqa: F401


def answer_of(data: bytes) -> bytes:
    """What is written to stdout: the CV as JSON, or the cause why there is none."""
    from ty_assets.profiles.reading.read import read_cv

    told: dict[str, Any]
    try:
        told = {"read": asdict(read_cv(data, None))}
    except UnreadableCv as error:
        told = {"unreadable": error.code, "parameters": error.parameters}
    except MemoryError:
        told = {"unreadable": "out_of_memory", "parameters": {"megabytes": MEMORY_BYTES // 1_000_000}}
    except Exception:
        # whatever a parser raises for a broken document; what it says may quote the document
        told = {"unreadable": "crashed", "parameters": {}}
    return json.dumps(told).encode()


def read_answer(answer: bytes) -> ReadCv:
    """The other side of `answer_of`. Raises UnreadableCv; an answer of any other form is a crash."""
    from ty_assets.profiles.reading.answer import NOTE_CODES, UNREADABLE_CODES, Note

    try:
        told = json.loads(answer)
        if "unreadable" in told and told["unreadable"] in UNREADABLE_CODES:
            raise UnreadableCv(told["unreadable"], **told["parameters"])
        fields = told["read"]
        notes = tuple(
            Note(note["code"], dict(note["parameters"])) for note in fields["notes"] if note["code"] in NOTE_CODES
        )
        return ReadCv(fields["kind"], dict(fields["resume"]), notes, int(fields["pages"]), int(fields["characters"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableCv("crashed") from error


def main() -> None:
    limit_resources()
    data = sys.stdin.buffer.read(MAX_UPLOAD_BYTES + 1)
    load_reader(data)
    give_up_rights()
    sys.stdout.buffer.write(answer_of(data))
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing is left to tidy up, and tearing down a swollen heap takes a while


if __name__ == "__main__":
    main()
