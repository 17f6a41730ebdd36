"""The simulated model server of the tests, for measuring against; a process, so that it takes nobody's time."""

import importlib.util
from pathlib import Path
from typing import Any


def simulated_server(**config: Any) -> Any:
    """A started server, stopped at the end of a `with`. config: the keys of tests/fakes/configuration.py."""
    # Packaged as ty_jobs/fakes in a wheel.
    packaged = Path(__file__).parents[1] / "fakes" / "handle.py"
    file = packaged if packaged.exists() else Path(__file__).parents[2] / "tests" / "fakes" / "handle.py"
    spec = importlib.util.spec_from_file_location("ty_simulated_server", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SimulatedServer(**config)
