"""Laws of the screens, by reflection: no handler without its mark, no argument without its type, no data in the bundle."""

import inspect
import json
import re

import pytest
from reflex.compiler.utils import compile_client_storage
from reflex.state import State
from reflex_base.registry import RegistrationContext

from ehr_app.ehr_app import app
from ehr_app.ui.build import WEB
from ehr_app.ui.gate.authz import argument_types
from tests.gate.emptiness import says_nothing

PREFERENCES: set[str] = set()


def ours() -> list[tuple[str, object]]:
    """Return our event handlers by name."""
    assert app is not None
    known = RegistrationContext.get().event_handlers.items()
    return [
        (name, found.handler)
        for name, found in known
        if found.states and found.states[0].__module__.startswith("ehr_app.") and not name.endswith(".setvar")
    ]


def test_every_handler_is_marked() -> None:
    assert ours()
    assert [name for name, handler in ours() if not hasattr(handler.fn, "__ehr_roles__")] == []


def test_every_argument_has_a_type() -> None:
    assert [name for name, handler in ours() if set(argument_types(name)) != set(list(handler._parameters)[1:])] == []


def test_every_handler_is_asynchronous() -> None:
    wrong = [
        name for name, handler in ours() if not (inspect.iscoroutinefunction(handler.fn) or inspect.isasyncgenfunction(handler.fn))
    ]
    assert wrong == []


def test_defaults_hold_no_data() -> None:
    root = State(_reflex_internal_init=True)
    initial = root.dict(initial=True)
    found = {k: v for state, vs in initial.items() if ".ehr_app___" in state for k, v in vs.items() if v}
    assert {k: v for k, v in found.items() if not says_nothing(v)} == {}


def test_nothing_that_decides_lives_in_the_browser() -> None:
    stored = {name for kind in compile_client_storage(State).values() for name in kind}
    assert stored == PREFERENCES


def test_states_are_flat_and_small() -> None:
    for state in State.get_substates():
        if state.__module__.startswith("ehr_app."):
            assert state.get_substates() == set(), state
            assert len(state.base_vars) <= 12, state


@pytest.mark.usefixtures("front_end")
def test_bundle_has_no_themes_and_no_build_address() -> None:
    packages = json.loads((WEB / "package.json").read_text())
    assert "@radix-ui/themes" not in packages["dependencies"]
    chunks = list((WEB / "build" / "client" / "assets").glob("reflex-env-*.js"))
    assert chunks
    assert not any("localhost" in chunk.read_text() for chunk in chunks)
    assert not (WEB / "backend" / "upload_used").exists()


def test_lock_file_names_no_address() -> None:
    text = (WEB.parent / "reflex.lock" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert not re.search(r'"resolved"|registry\.', text)
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []
