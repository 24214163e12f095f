"""How the property tests look for examples: the same ones every time in `make test`, new ones in `make slow`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

shared = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
settings.register_profile("same", shared, max_examples=40, derandomize=True, database=None)
settings.register_profile("new", shared, max_examples=100)
settings.load_profile("same")
