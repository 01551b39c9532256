"""Fixtures every test may use."""

pytest_plugins = ["tests.databases", "tests.server", "tests.browser"]
