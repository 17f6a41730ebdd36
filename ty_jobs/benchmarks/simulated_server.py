"""The simulated servers of the tests, for measuring against; processes, so that they take nobody's time."""

import importlib.util
from pathlib import Path
from typing import Any


def simulated_server(**config: Any) -> Any:
    """A started model server, stopped at the end of a `with`. config: the keys of tests/fakes/configuration.py."""
    return _module("handle.py").SimulatedServer(**config)


def simulated_services(**config: Any) -> Any:
    """Started job services, in the same way. config: see tests/fakes/job_services/job_server.py."""
    return _module("job_services/services.py").JobServices(**config)


def _module(name: str) -> Any:
    # Packaged as ty_jobs/fakes in a wheel.
    packaged = Path(__file__).parents[1] / "fakes" / name
    file = packaged if packaged.exists() else Path(__file__).parents[2] / "tests" / "fakes" / name
    spec = importlib.util.spec_from_file_location(f"ty_simulated_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
