"""The generated demo, once per test run, and a way to walk it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ehr_app.demo import load

AS_OF = date(2026, 11, 20)


@pytest.fixture(scope="session")
def bundles() -> list[tuple[str, list[dict[str, Any]]]]:
    return list(load.bundles(load.SEED, AS_OF))


@pytest.fixture(scope="session")
def network(bundles: list[tuple[str, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    return bundles[0][1]


@pytest.fixture(scope="session")
def charts(bundles: list[tuple[str, list[dict[str, Any]]]]) -> list[list[dict[str, Any]]]:
    """One list of resources per patient, corrections left out."""
    return [resources for _, resources in bundles if resources[0]["resourceType"] == "Patient"]


@pytest.fixture(scope="session")
def resources(bundles: list[tuple[str, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    return [resource for _, batch in bundles for resource in batch]


def of_type(chart: list[dict[str, Any]], resource_type: str) -> Iterator[dict[str, Any]]:
    return (r for r in chart if r["resourceType"] == resource_type)


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every JSON object inside a value, the value itself included."""
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from walk(child)
    elif isinstance(value, list):
        for child in value:
            yield from walk(child)
