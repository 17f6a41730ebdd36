"""Checks of the people's assets: everybody who came is there."""

import dagster as dg

from ty_assets.profiles.store import PeopleReport


def check_people(name: str, report: PeopleReport) -> dg.AssetCheckResult:
    """Any person who could not be read is an error: somebody waits for matches."""
    return dg.AssetCheckResult(
        check_name=name,
        passed=report.failed == 0,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{report.failed} of {report.people} people failed; see `ty health --failures`"
        if report.failed
        else None,
        metadata={"people": report.people, "failed": report.failed},
    )
