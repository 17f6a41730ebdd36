"""The least that a list could be: a FastAPI route that runs one SELECT. What the match view's speed is held against.

Run by uvicorn in a process of its own, as the match view is: no session, no page, nothing checked.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from ty_resources.postgres import named_queries


def app() -> FastAPI:
    """Over TY_DATABASE_CONNINFO."""
    select = named_queries()["bare_list"]
    pool = AsyncConnectionPool(
        os.environ["TY_DATABASE_CONNINFO"], min_size=1, max_size=4, kwargs={"autocommit": True}, open=False
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    bare = FastAPI(lifespan=lifespan)

    @bare.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @bare.get("/bare/{profile_id}")
    async def best(profile_id: UUID) -> list[dict[str, Any]]:
        async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(select, {"profile_id": profile_id})
            return await cursor.fetchall()

    return bare
