"""Database: a pool, named queries, and the one way rows are written in bulk. Knows nothing of Dagster.

Where the server is belongs to `ty_resources/embedded_postgres.py` (embedded) or `TY_POSTGRES_URL`.
"""

import select
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, NamedTuple
from urllib.parse import quote

import aiosql
import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector.psycopg import register_vector
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from ty_resources.settings import settings

Row = dict[str, Any]

_COPY_HEADER = 19  # the signature, four bytes of flags, four of the extension's length


class Stored(NamedTuple):
    """Embeddings as read back: texts' hashes and (n, d) float32 rows in the same order."""

    hashes: list[bytes]
    vectors: NDArray[np.float32]


def with_schema(url: str, schema: str, options: str = "") -> str:
    """The URL with its search path set, so that no statement has to name the schema; options: further ones.

    `public` stays on the path because the vector extension lives where it was created.
    """
    info = conninfo_to_dict(url)
    joined = f"{info.get('options') or ''} {options} -c search_path={schema},public"
    return make_conninfo(url, options=" ".join(joined.split()))


def driver_url(url: str, schema: str, driver: str, options: str = "") -> str:
    """The same database as `driver://...`, for libraries that take SQLAlchemy's form of URL.

    Dagster's storage needs `postgresql+psycopg2`: from SQLAlchemy 2.1 on a bare `postgresql://` means
    psycopg 3, and Dagster's `NOTIFY run_events, :id` fails there, so every run would break.
    """
    info = conninfo_to_dict(with_schema(url, schema, options))
    user, password, database = (info.pop(key, None) for key in ("user", "password", "dbname"))
    login = quote(str(user or ""), safe="") + (f":{quote(str(password), safe='')}" if password else "")
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in info.items() if value is not None)
    return f"{driver}://{login}@/{database or 'postgres'}?{query}"


def prepare_threshold() -> int | None:
    """After how often sending one a connection prepares a statement; None behind a pooler, where the next transaction
    may have another server process, which knows nothing of it."""
    return None if settings().postgres_direct_url else 5


class Queries:
    """The statements of `sql/queries/*.sql` by name, e.g. `queries["postings_of_days"]`."""

    def __init__(self) -> None:
        self._text: dict[str, LiteralString] = {}
        for file in sorted(files("sql").joinpath("queries").iterdir(), key=lambda f: f.name):
            if file.name.endswith(".sql"):
                loaded = aiosql.from_str(file.read_text("utf-8"), "psycopg", mandatory_parameters=False)
                for name in loaded.available_queries:
                    if name.endswith("_cursor"):
                        continue
                    if name in self._text:
                        raise ValueError(f"two queries are named {name}; the second is in {file.name}")
                    self._text[name] = getattr(loaded, name).sql.rstrip().rstrip(";")

    def __getitem__(self, name: str) -> LiteralString:
        return self._text[name]


@cache
def named_queries() -> Queries:
    """The statements, read once for each process."""
    return Queries()


class Database:
    """Postgres for one process. Thread-safe; open lazily, close at the end.

    url: a libpq URL or conninfo; schema: where the tables are.
    """

    def __init__(self, url: str, schema: str = "ty", pool_size: int = 4) -> None:
        self.url = url
        self.schema = schema
        self.conninfo = with_schema(url, schema)
        self.queries = named_queries()
        self._pool_size = pool_size
        self._pool: ConnectionPool[psycopg.Connection[Row]] | None = None
        self._lock = threading.Lock()

    def __str__(self) -> str:
        info = conninfo_to_dict(self.url)
        return f"{info.get('dbname') or 'postgres'} at {info.get('host') or 'localhost'}, schema {self.schema}"

    def close(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Row]]:
        """A connection from the pool in one transaction: committed at the end, rolled back on an error."""
        with self._lock:
            if self._pool is None:
                # psycopg_pool checks a connection before lending it, so a restarted server is survived
                self._pool = ConnectionPool(
                    self.conninfo,
                    min_size=1,
                    max_size=self._pool_size,
                    kwargs={"row_factory": dict_row, "prepare_threshold": prepare_threshold()},
                    configure=_configure,
                    check=ConnectionPool.check_connection,
                    open=True,
                )
        with self._pool.connection() as connection:
            yield connection

    # reading

    def rows(self, name: str, **params: Any) -> list[Row]:
        """All rows of a named query."""
        with self.transaction() as connection:
            return connection.execute(self.queries[name], params).fetchall()

    def row(self, name: str, **params: Any) -> Row | None:
        """The first row of a named query, or None."""
        with self.transaction() as connection:
            return connection.execute(self.queries[name], params).fetchone()

    def value(self, name: str, **params: Any) -> Any:
        """The first column of the first row of a named query."""
        row = self.row(name, **params)
        return None if row is None else next(iter(row.values()))

    def execute(self, name: str, **params: Any) -> int:
        """Run a named statement; the number of rows it touched."""
        with self.transaction() as connection:
            return connection.execute(self.queries[name], params).rowcount

    def vectors(self, name: str, connection: psycopg.Connection[Row] | None = None, **params: Any) -> Stored:
        """Read (text_hash bytea of 16 bytes, embedding halfvec) rows as one matrix.

        COPY BINARY into one buffer: seventeen times as fast as rows through an adapter. The named query is
        wrapped in COPY, so its parameters are bound on the client.
        """
        with self.joined(connection) as conn:
            cursor = psycopg.ClientCursor(conn)
            inner = cursor.mogrify(self.queries[name], params)
            copy = sql.SQL(self.queries["copy_binary_out"]).format(query=sql.SQL(inner))
            with cursor.copy(copy) as stream:
                data = b"".join(bytes(block) for block in stream)
        return _parse_vectors(data)

    @contextmanager
    def at_one_moment(self) -> Iterator[psycopg.Connection[Row]]:
        """A connection whose statements all see the database as it is at the first of them; for reading only."""
        with self.transaction() as connection:
            connection.execute(self.queries["read_as_of_one_moment"])
            yield connection

    @contextmanager
    def beside(self, connection: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Row]]:
        """Another connection that sees the database as one of `at_one_moment` does, to read both at the same time.

        Not one of the pool's: who waits for a second one while holding a first may wait for ever.
        """
        exported = connection.execute(self.queries["export_snapshot"]).fetchone()
        assert exported is not None
        same = sql.SQL(self.queries["read_as_of_snapshot"]).format(snapshot=sql.Literal(exported["snapshot"]))
        with psycopg.connect(self.conninfo, row_factory=dict_row) as other:
            other.execute(self.queries["read_as_of_one_moment"])
            other.execute(same)
            yield other

    def copied(
        self, connection: psycopg.Connection[Any], name: str, block: int = 16_384, **params: Any
    ) -> Iterator[list[bytes | memoryview]]:
        """The rows of a named query as COPY BINARY sends them, so many at a time.

        A row is a count of columns, then length and value of each. For millions of rows: straight from libpq, since
        psycopg's own stream takes ten times as long for a short one. Read it to the end, or close the connection.
        """
        cursor = psycopg.ClientCursor(connection)
        inner = cursor.mogrify(self.queries[name], params)
        copy = sql.SQL(self.queries["copy_binary_out"]).format(query=sql.SQL(inner))
        server = connection.pgconn
        _raise_if_failed(server.exec_(copy.as_bytes(connection)))
        ended, first = False, True
        try:
            while not ended:
                rows: list[bytes | memoryview] = []
                while len(rows) < block and not ended:
                    size, data = server.get_copy_data(1)
                    while size == 0:
                        # libpq would wait with the interpreter's lock held, and every other thread with it.
                        select.select([server.socket], [], [])
                        server.consume_input()
                        size, data = server.get_copy_data(1)
                    ended = size < 0
                    if not ended:
                        rows.append(data)
                if first and rows:
                    rows[0], first = rows[0][_COPY_HEADER:], False
                # What is shorter than a row: the end, and a header that was sent by itself.
                rows = [row for row in rows[:1] if len(row) > 2] + rows[1:]
                if rows and len(rows[-1]) <= 2:
                    rows.pop()
                if rows:
                    yield rows
        finally:
            if not ended:  # it cannot be used for anything else before the rest was read
                connection.close()
        while (told := server.get_result()) is not None:
            _raise_if_failed(told)

    # writing: COPY into a temporary table, then one statement into the real one, in one transaction

    def insert_new(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        connection: psycopg.Connection[Row] | None = None,
        types: Sequence[str] | None = None,
    ) -> int:
        """Insert the rows whose key is not there yet; the number inserted.

        types: the columns' Postgres types; given, the rows travel in binary, which pays for vectors.
        """
        return self._bulk("bulk_insert_new", table, columns, rows, (), connection, types)

    def upsert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        key: Sequence[str],
        connection: psycopg.Connection[Row] | None = None,
    ) -> int:
        """Insert the rows, or update every other column where the key is there already."""
        return self._bulk("bulk_upsert", table, columns, rows, key, connection)

    def replace(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        where: Mapping[str, Sequence[Any]],
        connection: psycopg.Connection[Row] | None = None,
    ) -> int:
        """Delete the rows in which a column has one of the given values, and insert the new ones.

        where: one column and its values, e.g. {"posting_id": ids}. One transaction: no reader sees a gap.
        """
        ((column, values),) = where.items()
        with self.joined(connection) as conn:
            # Two runs of one day would each delete what is there and then both insert: the second waits here until
            # the first has committed, and replaces its rows. Of the transaction, so a killed run gives it back.
            conn.execute(self.queries["lock_table"], {"table": table})
            conn.execute(
                sql.SQL(self.queries["bulk_delete"]).format(table=sql.Identifier(table), column=sql.Identifier(column)),
                {"values": list(values)},
            )
            return self._bulk("bulk_insert", table, columns, rows, (), conn)

    @contextmanager
    def joined(self, connection: psycopg.Connection[Row] | None) -> Iterator[psycopg.Connection[Row]]:
        """The caller's transaction, where there is one; else one of its own."""
        if connection is not None:
            yield connection
        else:
            with self.transaction() as own:
                yield own

    def _bulk(
        self,
        statement: str,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        key: Sequence[str],
        connection: psycopg.Connection[Row] | None,
        types: Sequence[str] | None = None,
    ) -> int:
        incoming = sql.Identifier(f"incoming_{table}")
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        parts = {
            "table": sql.Identifier(table),
            "incoming": incoming,
            "columns": names,
            "key": sql.SQL(", ").join(map(sql.Identifier, key)),
            "assignments": sql.SQL(", ").join(
                sql.SQL(self.queries["bulk_assignment"]).format(column=sql.Identifier(c))
                for c in columns
                if c not in key
            ),
        }
        with self.joined(connection) as conn:
            conn.execute(sql.SQL(self.queries["bulk_incoming"]).format(**parts))
            copy_in = self.queries["bulk_copy_binary" if types else "bulk_copy"]
            with conn.cursor().copy(sql.SQL(copy_in).format(**parts)) as copy:
                if types:
                    copy.set_types(types)
                for row in rows:
                    copy.write_row(row)
            count = conn.execute(sql.SQL(self.queries[statement]).format(**parts)).rowcount
            conn.execute(sql.SQL(self.queries["bulk_done"]).format(**parts))
        return count


def _configure(connection: psycopg.Connection[Any]) -> None:
    register_vector(connection)
    connection.commit()


def _raise_if_failed(answer: PGresult) -> None:
    if answer.status == ExecStatus.FATAL_ERROR:
        state = (answer.error_field(DiagnosticField.SQLSTATE) or b"XX000").decode()
        raise psycopg.errors.lookup(state)(answer.error_message.decode("utf-8", "replace"))


def _parse_vectors(data: bytes) -> Stored:
    """Decode COPY BINARY of (bytea of 16 bytes, halfvec): fixed-size tuples, so one np.frombuffer does it."""
    header = 19
    if len(data) <= header + 2:
        return Stored([], np.empty((0, 0), np.float32))
    # tuple: int16 field count, int32 length, 16 bytes, int32 length, int16 dim, int16 unused, dim halves
    dim = int.from_bytes(data[header + 26 : header + 28], "big")
    layout = np.dtype(
        [
            ("head", "V6"),
            ("hash", "V16"),
            ("length", ">i4"),
            ("dim", ">i2"),
            ("unused", ">i2"),
            ("half", ">f2", (dim,)),
        ]
    )
    body = len(data) - header - 2
    if body % layout.itemsize:
        raise ValueError("vectors of more than one dimension in one read: select those of one model")
    table = np.frombuffer(data, layout, count=body // layout.itemsize, offset=header)
    return Stored([h.tobytes() for h in table["hash"]], table["half"].astype(np.float32))
