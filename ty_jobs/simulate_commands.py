"""`ty simulate`: what a number of postings, people and hosts comes to, from measured costs.

Belongs here: the command and its table. Not here: the model (ty_jobs/simulation).
"""

import math
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from ty_jobs.simulation.costs import measured
from ty_jobs.simulation.plan import Host, Outcome, Size, simulate
from ty_jobs.terminal import Json, out, print_json


def simulate_command(
    postings: Annotated[int, typer.Option(min=1, help="Open postings.")] = 260_000,
    people: Annotated[int, typer.Option(min=1, help="People with a profile.")] = 10_000,
    hosts: Annotated[int, typer.Option(min=1, help="Hosts, all alike.")] = 1,
    cores: Annotated[int, typer.Option(min=1, help="Of each host.")] = 16,
    memory: Annotated[float, typer.Option(min=1, help="GiB of each host.")] = 64.0,
    disk: Annotated[float, typer.Option(min=1, help="GiB of each host.")] = 2000.0,
    gpus: Annotated[int, typer.Option(min=0, help="Of each host.")] = 1,
    model_speed: Annotated[
        float, typer.Option(min=0.1, help="Postings that a GPU reads in the time of one alone: more where it batches.")
    ] = 1.0,
    new_share: Annotated[
        float, typer.Option(min=0.0001, max=1, help="Of the postings, those new on the heaviest day.")
    ] = 0.06,
    kept: Annotated[int, typer.Option(min=1, help="TY_MATCHES_PER_DAY.")] = 200,
    as_json: Json = False,
) -> None:
    """How full everything gets, what ends first, and what lifts that."""
    size = Size(postings, people, new_share=new_share, kept=kept)
    host = Host(cores=cores, memory_gib=memory, disk_gib=disk, gpus=gpus, model_speed=model_speed)
    told = simulate(size, host, hosts, measured())
    if as_json:
        print_json(_as_json(size, host, hosts, told))
        return
    table = Table("what", "asked", "able", "unit", "use", box=None)
    for load in sorted(told.loads, key=lambda one: -one.use):
        table.add_row(load.name, f"{load.asked:,.1f}", f"{load.able:,.1f}", load.unit, _percent(load.use))
    out.print(table)
    for queue in told.queues:
        out.print(_line(queue.name, queue.hours, queue.wait95))
    short = sorted((load for load in told.loads if load.use > 1), key=lambda load: -load.use)
    for place, load in enumerate(short or [told.first]):
        word = ("ends first" if place == 0 else "then") if short else "suffices; the first to end"
        out.print(f"{word}: {load.name} ({_percent(load.use)}); {load.lift}", soft_wrap=True)


def _line(name: str, hours: float, wait95: float | None) -> str:
    if wait95 is not None:
        return f"{name}: nineteen of twenty wait less than {wait95 * 1000:,.0f} ms" if math.isfinite(wait95) else (
            f"{name}: more come than are served"
        )  # fmt: skip
    return f"{name}: a day's work is done after {hours:,.1f} hours" if math.isfinite(hours) else f"{name}: never done"


def _percent(use: float) -> str:
    return f"{use * 100:,.1f} %" if math.isfinite(use) else "none there"


def _as_json(size: Size, host: Host, hosts: int, told: Outcome) -> dict[str, Any]:
    return {
        "costs": measured().version,
        "asked": asdict(size) | {"hosts": hosts, "host": asdict(host)},
        "loads": [asdict(load) | {"use": _number(load.use)} for load in told.loads],
        "queues": [{k: _number(v) for k, v in asdict(queue).items()} for queue in told.queues],
        "suffices": told.suffices,
        "first": told.first.name,
        "lift": told.first.lift,
    }


def _number(value: Any) -> Any:
    """JSON has no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
