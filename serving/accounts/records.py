"""The rows of accounts over the view's pool of connections.

Belongs here: how a statement is sent. Not here: which, and SQL (sql/queries/accounts.sql); work of several steps in one
transaction goes through `Matches.carry_out`.
"""

from typing import Any

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from ty_resources.postgres import Row, named_queries


class Records:
    """One statement at a time, each a transaction of its own."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool, self._queries = pool, named_queries()

    async def all(self, query: str, **parameters: Any) -> list[Row]:
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(self._queries[query], parameters)
            return await cursor.fetchall() if cursor.description is not None else []

    async def one(self, query: str, **parameters: Any) -> Row | None:
        rows = await self.all(query, **parameters)
        return rows[0] if rows else None

    async def run(self, query: str, **parameters: Any) -> None:
        await self.all(query, **parameters)
