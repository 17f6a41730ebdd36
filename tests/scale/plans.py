"""What a planner would do with a statement, and whether it reads all of a large table.

Belongs here: asking for plans and judging them. Not here: which statements, and the tables.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql

# From the sixth time a connection has sent a statement, a plan for any parameters is used where it costs no more.
_UNTIL_GENERIC = 6

# Indexes of the few rows of a large table that wait for something: all of one is little.
_OF_A_FEW = frozenset({"batches_unfinished"})

Plan = dict[str, Any]


def plans(connection: psycopg.Connection[Any], text: str, values: Mapping[str, Any]) -> list[Plan]:
    """For these values, and as it is planned when a connection has sent it often. Nothing is executed."""
    names = list(values)
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found.group(1)) + 1}", text).replace("%%", "%")
    connection.execute(f"PREPARE one AS {numbered}", prepare=False)  # type: ignore[arg-type]
    given = sql.SQL(", ").join(sql.Literal(values[name]) for name in names)
    asked = sql.SQL("EXPLAIN (FORMAT JSON) EXECUTE one{}").format(
        sql.SQL("({})").format(given) if names else sql.SQL("")
    )
    try:
        told = [connection.execute(asked, prepare=False).fetchone() for _ in range(_UNTIL_GENERIC)]
    finally:
        connection.execute("DEALLOCATE one", prepare=False)
    return [row[0][0]["Plan"] for row in (told[0], told[-1]) if row is not None]


def nodes(plan: Plan, limited: bool = False) -> Iterator[tuple[Plan, bool]]:
    """Every node, and whether a limit ends it early."""
    yield plan, limited
    # What sorts or counts reads everything before a limit above it sees the first row.
    ends_early = (limited or plan["Node Type"] == "Limit") and plan["Node Type"] not in (
        "Sort", "Aggregate", "Hash", "Incremental Sort", "Unique", "WindowAgg", "CTE Scan",
    )  # fmt: skip
    for inner in plan.get("Plans", ()):
        yield from nodes(inner, ends_early)


def reads_all_of(plan: Plan, large: set[str]) -> list[str]:
    """Large tables that the plan reads from end to end: by themselves, or through an index without a condition."""
    found = []
    for node, limited in nodes(plan):
        table = node.get("Relation Name")
        if table not in large:
            continue
        by_index = node["Node Type"] in ("Index Scan", "Index Only Scan") and node["Index Name"] not in _OF_A_FEW
        if node["Node Type"] == "Seq Scan" or (by_index and "Index Cond" not in node and not limited):
            found.append(f"{node['Node Type']} on {table}{' where ' + node['Filter'] if 'Filter' in node else ''}")
    return found
