"""`ty batch submit|list|status|watch|cancel|pause|resume|priority|results`: batches over HTTP, with a key's rights.

Belongs here: the commands and what they print. Not here: HTTP (`batch_api`), and what needs no server: `prepare`,
`scores` and `rubric` (`batch_commands`).

Exit codes: 0 done, or completed; 1 the batch ended otherwise; 2 it could not be asked.
"""

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from rich.markup import escape
from rich.table import Table

from ty_jobs.batch_api import SETTLED, ApiError, Batch, BatchApi, open_api
from ty_jobs.batch_watching import Watching, duration, share, standing
from ty_jobs.terminal import Json, err, out, print_json
from ty_resources.settings import settings

Which = Annotated[str, typer.Argument(metavar="BATCH", help="A batch's id or the beginning of one.")]
WhichOrLatest = Annotated[
    str, typer.Argument(metavar="[BATCH]", help="A batch's id or the beginning of one; default: the latest.")
]
Priority = Literal["low", "normal", "high"]
_PRIORITIES: Final = {"low": -1, "normal": 0, "high": 1}
_PRIORITY_NAMES: Final = {value: name for name, value in _PRIORITIES.items()}
# Of the first line, to know its endpoint; a longer one is no request.
_HEAD: Final = 16_000_000
# While a server restarts nobody needs to start watching anew.
_PATIENCE: Final = 300.0


def batch_submit(
    files: Annotated[list[Path], typer.Argument(help="JSONL files of requests, as `ty batch prepare` writes them.")],
    name: Annotated[str, typer.Option(help="What it is called in lists.")] = "",
    rubric: Annotated[
        Path | None, typer.Option(help="The rubric it was prepared by: probes and scores need it.")
    ] = None,
    priority: Annotated[Priority, typer.Option(help="Before or after other batches.")] = "normal",
    watch: Annotated[bool, typer.Option("--watch", help="Stay until it has ended.")] = False,
    as_json: Json = False,
) -> None:
    """Upload files of requests and have them answered; each file becomes a batch."""
    criteria = rubric.read_text("utf-8-sig") if rubric is not None else None
    endpoints = [_endpoint(file) for file in files]
    made: list[Batch] = []
    with open_api(settings()) as api:
        for number, (file, endpoint) in enumerate(zip(files, endpoints, strict=True), 1):
            err.print(f"[dim]{escape(str(file))}: {file.stat().st_size:,} bytes to {escape(api.url)}[/]")
            stored = api.upload(file)
            called = f"{name} {number}/{len(files)}" if name and len(files) > 1 else name
            batch = api.create(
                stored["id"],
                endpoint,
                metadata={"name": called} if called else None,
                priority=_PRIORITIES[priority] or None,
                rubric=criteria,
            )
            made.append(batch)
            if not as_json:
                out.print(batch["id"])
        if watch:
            made = [Watching(api, err).until_settled(batch["id"], _PATIENCE) for batch in made]
    if as_json:
        print_json(made if len(made) > 1 else made[0])
    if watch:
        _end(made, quiet=as_json)


def batch_list(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """The account's batches, the newest first."""
    with open_api(settings()) as api:
        rows = [batch for batch, _ in zip(api.batches(), range(limit), strict=False)]
    if as_json:
        print_json(rows)
        return
    table = Table("batch", "name", "made", "status", "done", "failed", "time left", box=None)
    for batch in rows:
        counts = batch.get("request_counts") or {}
        total = counts.get("total", 0)
        table.add_row(
            batch["id"],
            escape(_name(batch)),
            _moment(batch["created_at"]),
            standing(batch),
            f"{counts.get('completed', 0) + counts.get('failed', 0):,}/{total:,}" if total else "–",
            f"{counts.get('failed', 0):,}",
            duration((batch.get("progress") or {}).get("eta_seconds")),
        )
    out.print(table)


def batch_status(which: WhichOrLatest = "", as_json: Json = False) -> None:
    """How far a batch is."""
    with open_api(settings()) as api:
        batch = _found(api, which)
    if as_json:
        print_json(batch)
        return
    table = Table(box=None, show_header=False)
    for label, told in _facts(batch):
        table.add_row(label, escape(told))
    out.print(table)
    for problem in ((batch.get("errors") or {}).get("data") or [])[:20]:
        line = f"line {problem['line']}: " if problem.get("line") else ""
        err.print(f"[red]{escape(line + str(problem.get('message')))}[/] [dim]{escape(str(problem.get('code')))}[/]")


def batch_watch(which: WhichOrLatest = "", as_json: Json = False) -> None:
    """Follow a batch with a progress bar until it has ended; Ctrl-C leaves it running."""
    with open_api(settings()) as api:
        batch_id = which if _is_whole(which) else _found(api, which)["id"]
        batch = Watching(api, err).until_settled(batch_id, _PATIENCE)
    if as_json:
        print_json(batch)
    _end([batch], quiet=as_json)


def batch_cancel(which: Which, as_json: Json = False) -> None:
    """Ask no more requests of a batch; what has been answered stays."""
    _changed(which, "cancel", as_json)


def batch_pause(which: Which, as_json: Json = False) -> None:
    """Let a batch wait until it is resumed."""
    _changed(which, "pause", as_json)


def batch_resume(which: Which, as_json: Json = False) -> None:
    """Go on with a paused batch."""
    _changed(which, "resume", as_json)


def batch_priority(which: Which, priority: Annotated[Priority, typer.Argument()], as_json: Json = False) -> None:
    """Have a batch asked before or after others."""
    _changed(which, "priority", as_json, priority=_PRIORITIES[priority])


def batch_results(
    which: WhichOrLatest = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; default: standard output.")] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="The requests that got no answer, with their reasons.")
    ] = False,
) -> None:
    """Download the answers as JSONL, of a running batch those that are there."""
    with open_api(settings()) as api:
        batch = _found(api, which)
        file_id = batch.get("error_file_id" if errors else "output_file_id")
        if file_id is None:
            failed = bool((batch.get("request_counts") or {}).get("failed"))
            reason = "nothing has failed" if errors and not failed else f"its status is {batch['status']}"
            err.print(f"[yellow]{batch['id']} has no such file: {reason}.[/]", soft_wrap=True)
            raise typer.Exit(0 if errors and not failed else 1)
        size = _kept(api.content(file_id), output)
    if output is not None:
        err.print(f"[dim]{escape(str(output))}: {size:,} bytes[/]")
    if batch["status"] not in SETTLED:
        err.print(f"[yellow]{batch['id']} is {standing(batch)}: more will follow.[/]", soft_wrap=True)


def _kept(content: Iterator[bytes], output: Path | None) -> int:
    """Write what comes; a file that was there before stays until the new one is whole. Its size."""
    size = 0
    if output is None:
        for chunk in content:
            size += sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return size
    beside = output.with_name(f"{output.name}.part")
    try:
        with beside.open("wb") as file:
            for chunk in content:
                size += file.write(chunk)
        beside.replace(output)
    finally:
        beside.unlink(missing_ok=True)
    return size


def _changed(which: str, action: str, as_json: bool, **body: Any) -> None:
    with open_api(settings()) as api:
        batch_id = which if _is_whole(which) else _found(api, which)["id"]
        batch = api.change(batch_id, action, **body)
    if as_json:
        print_json(batch)
    else:
        out.print(f"{batch['id']}: {standing(batch)}")


def _is_whole(which: str) -> bool:
    return which.startswith("batch_") and len(which) == len("batch_") + 32


def _found(api: BatchApi, which: str) -> Batch:
    """By an id, the beginning of one with or without its "batch_", or the latest."""
    if _is_whole(which):
        return api.batch(which)
    begins = which if which.startswith("batch_") else f"batch_{which}"
    found: list[Batch] = []
    for batch in api.batches():
        if not which:
            return api.batch(batch["id"])
        if batch["id"].startswith(begins):
            found.append(batch)
    if not found:
        raise ApiError("there is no such batch of this account; see `ty batch list`", 404)
    if len(found) > 1:
        raise ApiError(f"{len(found)} batches begin like {which}; give more of the id", 404)
    return api.batch(found[0]["id"])


def _endpoint(file: Path) -> str:
    """Of the first request: all of a batch have the same. Raises ApiError where the file has none."""
    with file.open("rb") as content:
        for line in iter(lambda: content.readline(_HEAD), b""):
            if not line.strip(b"\xef\xbb\xbf \t\r\n"):
                continue
            try:
                url = json.loads(line.decode("utf-8-sig"))["url"]
            except (ValueError, KeyError, TypeError, RecursionError):
                break
            return str(url)
    raise ApiError(f"{file}: expected a request in the first line, an object with custom_id, method, url and body", 400)


def _end(batches: list[Batch], *, quiet: bool) -> None:
    """The exit code, and what is left to say."""
    for batch in batches:
        counts = batch.get("request_counts") or {}
        if not quiet:
            out.print(
                f"{batch['id']}: {standing(batch)}, {counts.get('completed', 0):,} answered, "
                f"{counts.get('failed', 0):,} failed"
            )
        if counts.get("failed"):
            err.print(f"[yellow]`ty batch results {batch['id']} --errors` tells why.[/]", soft_wrap=True)
    if any(batch["status"] != "completed" for batch in batches):
        raise typer.Exit(1)


def _facts(batch: Batch) -> list[tuple[str, str]]:
    counts, progress = batch.get("request_counts") or {}, batch.get("progress") or {}
    usage = batch.get("usage") or {}
    cached = (usage.get("input_tokens_details") or {}).get("cached_tokens")
    told = [
        ("batch", batch["id"]),
        ("name", _name(batch)),
        ("status", standing(batch)),
        ("priority", _PRIORITY_NAMES.get(batch.get("priority") or 0, "normal")),
        ("made", _moment(batch["created_at"])),
        ("ends by", _moment(batch.get("expires_at"))),
        ("requests", f"{counts.get('total', 0):,}"),
        ("answered", f"{counts.get('completed', 0):,}"),
        ("failed", f"{counts.get('failed', 0):,}"),
        ("done", share((progress.get("percent") or 0) / 100)),
        ("per second", f"{progress['rate_per_second']:,.2f}" if progress.get("rate_per_second") else ""),
        ("time left", duration(progress.get("eta_seconds"))),
        ("place in the queue", str(progress["queue_position"]) if (progress.get("queue_position") or 1) > 1 else ""),
        ("prompt tokens", f"{usage.get('input_tokens', 0):,}"),
        ("of them cached", f"{cached:,} ({share(progress.get('saved_share'))})" if cached else ""),
        ("answer tokens", f"{usage.get('output_tokens', 0):,}"),
        ("model", str(batch.get("model") or "")),
        ("GPU memory", f"{progress['vram_bytes'] / 2**30:.1f} GiB" if progress.get("vram_bytes") else ""),
    ]
    return [(label, value) for label, value in told if value and value != "–"]


def _name(batch: Batch) -> str:
    return str((batch.get("metadata") or {}).get("name") or "")


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{dt.datetime.fromtimestamp(seconds, settings().zone):%Y-%m-%d %H:%M}"


REMOTE_COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "submit": batch_submit,
    "list": batch_list,
    "status": batch_status,
    "watch": batch_watch,
    "cancel": batch_cancel,
    "pause": batch_pause,
    "resume": batch_resume,
    "priority": batch_priority,
    "results": batch_results,
}
