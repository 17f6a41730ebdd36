"""Files of the API in Postgres, written and read piece by piece: what is held of a file of any size is a few parts.

Belongs here: the storage, for the API and for the pages. Not here: SQL (sql/queries/api_files.sql), what comes over the
wire (`uploads.py`, `files.py`), and what is in a file (ty_assets/candidate_evaluations).

No connection is kept while a client is waited for: a slow upload would take it from everybody else, and a transaction
of hours would keep the database from tidying up. So an upload's parts are committed as they come, and what is broken
off is deleted; where not even that could be done it expires an hour later.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import psycopg

from serving.matches import Matches
from ty_assets.candidate_evaluations.ids import new_file_id
from ty_assets.candidate_evaluations.parts import PART_BYTES
from ty_assets.feedback.steps import Ask, Steps, ask
from ty_resources.postgres import Row, named_queries
from ty_resources.settings import settings

# Parts in one statement: a part alone would wait for the disk as long as all of these.
_AT_ONCE: Final = 8
_WRITTEN: Final = _AT_ONCE * PART_BYTES
# Of an output file in one reading.
_LINES: Final = 1_000
_LINE_BYTES: Final = 1_000_000
_DAY_SECONDS: Final = 86_400


class FileError(ValueError):
    """What cannot be done with a file; the message says why, and names nothing that is in it."""


class FileTooLong(FileError):
    """More came than a file may have."""


class NoFile(FileError):
    """There is no such file, or no longer."""


class FileInUse(FileError):
    """A batch that is not finished reads or writes it."""


class StoredFiles:
    """Over the view's pool of connections."""

    def __init__(self, matches: Matches) -> None:
        self._matches, self._queries = matches, named_queries()

    async def new(
        self,
        account_id: UUID,
        filename: str,
        pieces: AsyncIterator[bytes],
        *,
        purpose: str = "batch",
        most_bytes: int,
        keep_seconds: int | None = None,
    ) -> Row:
        """Store what comes; the complete file's row. Nothing stays where `pieces` raise, which is passed on.

        keep_seconds: how long it is kept from now on; TY_BATCH_FILE_DAYS where it is not said. Raises FileTooLong.
        """
        file_id = await self.begin(account_id, filename, purpose)
        try:
            await self.fill(file_id, pieces, most_bytes)
            return await self.complete(file_id, keep_seconds)
        except BaseException:
            await self.drop(file_id)
            raise

    async def begin(self, account_id: UUID, filename: str, purpose: str = "batch") -> str:
        """An empty file that nobody sees before it is complete; `fill`, then `complete` or `drop` it."""
        file_id = new_file_id()
        added = {"file_id": file_id, "account_id": account_id, "purpose": purpose, "filename": filename}
        await self._matches.one("api_file_add", **added)
        return file_id

    async def fill(self, file_id: str, pieces: AsyncIterator[bytes], most_bytes: int) -> None:
        """Raises FileTooLong, and NoFile where the file has been deleted meanwhile, with its account perhaps."""
        waiting, sent, size = bytearray(), 0, 0
        async for piece in pieces:
            waiting += piece
            size += len(piece)
            if size > most_bytes:
                raise FileTooLong(f"Expected a file of at most {most_bytes:,} bytes.")
            while len(waiting) >= _WRITTEN:
                await self._add(file_id, sent, bytes(waiting[:_WRITTEN]))
                del waiting[:_WRITTEN]
                sent += _AT_ONCE
        if waiting:
            await self._add(file_id, sent, bytes(waiting))

    async def complete(self, file_id: str, keep_seconds: int | None = None, filename: str | None = None) -> Row:
        """The row of the file, which is there from now on."""
        keep = settings().batch_file_days * _DAY_SECONDS if keep_seconds is None else keep_seconds
        rows = await self._matches.rows("api_file_complete", file_id=file_id, keep_seconds=keep, filename=filename)
        if not rows:
            raise NoFile("The file has been deleted while it came.")
        return rows[0]

    async def drop(self, file_id: str) -> None:
        """Delete what was broken off, even where the program is being ended; a database that is away does it later."""
        with contextlib.suppress(psycopg.Error):
            await asyncio.shield(self._matches.run("api_file_drop", file_id=file_id))

    async def find(self, account_id: UUID, file_id: str) -> Row | None:
        """None for another account's, for one that has expired and for an upload that is under way."""
        rows = await self._matches.rows("api_file_of_account", account_id=account_id, file_id=file_id)
        return rows[0] if rows else None

    async def listed(
        self, account_id: UUID, *, purpose: str | None, after: str | None, newest_first: bool, most: int
    ) -> list[Row]:
        query = "api_files_newest" if newest_first else "api_files_oldest"
        return await self._matches.rows(query, account_id=account_id, purpose=purpose, after=after, most=most)

    async def content(self, file: Row) -> AsyncIterator[bytes]:
        """What is in a file, as `find` has found it; of an output file that is still growing, what is there by now.

        An upload that is deleted meanwhile ends too early: who reads it knows its size.
        """
        if file["of_batch"] is not None:
            async for block in self._lines(file):
                yield block
            return
        first = 0
        while rows := await self._binary("api_file_parts_read", file_id=file["file_id"], first=first, most=_AT_ONCE):
            for (content,) in rows:
                yield bytes(content)
            first += len(rows)

    async def delete(self, account_id: UUID, file_id: str) -> bool:
        """Whether there was such a file. Raises FileInUse."""
        return await self._matches.carry_out(_deleted(account_id, file_id))

    async def _lines(self, file: Row) -> AsyncIterator[bytes]:
        after = 0
        of = {"batch_id": file["of_batch"], "is_error": file["is_error"]}
        bounds = {"most": _LINES, "most_bytes": _LINE_BYTES}
        while rows := await self._binary("batch_lines_read", **of, after=after, **bounds):
            yield "".join(f"{content}\n" for _, content in rows).encode()
            after = rows[-1][0]

    async def _add(self, file_id: str, first: int, content: bytes) -> None:
        added = {"file_id": file_id, "first": first, "content": content, "part_bytes": PART_BYTES}
        if not await self._matches.rows("api_file_parts_add", **added):
            raise NoFile("The file has been deleted while it came.")

    async def _binary(self, query: str, **parameters: Any) -> list[Any]:
        """Rows as tuples; in binary, since a file's bytes would travel as twice as many digits."""
        async with self._matches.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(self._queries[query], parameters)
            return await cursor.fetchall()


def _deleted(account_id: UUID, file_id: str) -> Steps[bool]:
    of = {"account_id": account_id, "file_id": file_id}
    rows = yield from ask("api_file_lock", **of)
    if not rows:
        return False
    results = {"batch_id": rows[0]["of_batch"], "is_error": rows[0]["is_error"]}
    if (yield from ask("api_file_users", **of, of_batch=results["batch_id"])):
        raise FileInUse("A batch that has not ended uses this file: cancel it first, or wait for its end.")
    if results["batch_id"] is not None:
        yield Ask("batch_lines_delete", results)
    yield Ask("api_file_delete", of)
    return True
