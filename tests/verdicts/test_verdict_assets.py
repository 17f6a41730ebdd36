"""The two assets: what a night asks and counts, what a run without models leaves alone, and how a person sees it."""

import json

import dagster as dg
import pytest
from decided_world import DEMAND, MODEL, ScriptedModel, match, person, posting, skips
from typer.testing import CliRunner

from ty_assets.table_asset import WITHOUT_MODELS
from ty_assets.verdicts.asset import decision_agreement, match_verdicts
from ty_jobs.cli import app
from ty_resources.inference.embedded import EmbeddedEngine
from ty_resources.inference.engine import InferenceEngine
from ty_resources.postgres import Database
from ty_resources.settings import settings


def materialised(db: Database, engine: InferenceEngine, **tags: str) -> dict[str, dict[str, object]]:
    """Metadata of both assets for the day of `decided_world`."""
    with dg.DagsterInstance.ephemeral() as instance:
        told = dg.materialize(
            [match_verdicts, decision_agreement],
            partition_key="2026-03-02",
            instance=instance,
            resources={"db": db, "engine": engine, "embedded": EmbeddedEngine()},
            tags=tags,
        )
    assert told.success
    return {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in told.get_asset_materialization_events()
        if event.asset_key is not None
    }


def world(db: Database) -> None:
    profile_id = person(db)
    for number, (score, decision) in enumerate([(0.9, "apply"), (0.8, "apply"), (0.2, "skip")], 1):
        match(db, profile_id, posting(db, number, f"{DEMAND}\nStelle {number}"), score, decision)


def test_a_night_asks_for_the_best_matches_and_tells_how_decisions_agree(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TY_VERDICT_MATCHES", "2")
    settings.cache_clear()
    world(db)
    model = ScriptedModel(skips)
    told = materialised(db, model)
    assert (told["match_verdicts"]["matches"], told["match_verdicts"]["derived"], model.calls) == (2, 2, 2)
    assert told["match_verdicts"]["skip"] == 2
    assert told["decision_agreement"]["agreed, rule"] == 1.0
    assert told["decision_agreement"][f"agreed, {MODEL}"] == 0.0
    assert materialised(db, model)["match_verdicts"]["derived"] == 0
    assert model.calls == 2, "what is current is not asked again"


def test_a_run_that_asks_no_model_and_the_embedded_engine_leave_the_decision_to_the_rule(db: Database) -> None:
    world(db)
    model = ScriptedModel()
    for told in (materialised(db, model, **WITHOUT_MODELS), materialised(db, EmbeddedEngine())):
        assert told["match_verdicts"]["derived"] == 0
        assert told["decision_agreement"]["decisions, rule"] == 3
    assert model.calls == 0


def test_agreement_is_shown_in_the_shell(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TY_POSTGRES_URL", db.url)
    settings.cache_clear()
    world(db)
    assert "No decision has been counted yet" in CliRunner().invoke(app, ["agreement"]).output
    materialised(db, ScriptedModel(skips))
    shown = CliRunner().invoke(app, ["agreement", "--days", "2026-03-01..2026-03-02"])
    assert shown.exit_code == 0, shown.output
    assert MODEL in shown.output
    assert "100%" in shown.output
    told = json.loads(CliRunner().invoke(app, ["agreement", "--json"]).stdout)
    assert {one["decided_by"]: one["share"] for one in told["in_all"]} == {"rule": 1.0, MODEL: pytest.approx(1 / 3)}
    assert len(told["examples"]) == 2
