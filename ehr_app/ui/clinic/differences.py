"""What changed between two versions of a resource, element by element.

Pure. The changes are a list of single steps; done in order on the old one they give the new one, which is how they are tested.
Items of lists are matched by their content, so that one item put in front does not show as a change of all.
"""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

Step = str | int
MOST_COMPARED = 250_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One step: what was added, removed or changed at a path (names of members, positions in lists at that step)."""

    path: tuple[Step, ...]
    kind: Literal["added", "removed", "changed"]
    was: Any = None
    now: Any = None


def differences(old: Any, new: Any) -> list[Difference]:
    """Return the steps from one JSON value to another."""
    return list(_compare(old, new, ()))


def applied(old: Any, steps: Sequence[Difference]) -> Any:
    """Return the value after all steps. Raises LookupError when a step does not fit."""
    value = deepcopy(old)
    for step in steps:
        if not step.path:
            value = deepcopy(step.now)
            continue
        place = value
        for name in step.path[:-1]:
            place = place[name]
        last: Any = step.path[-1]
        if step.kind == "removed":
            del place[last]
        elif step.kind == "added" and isinstance(place, list):
            place.insert(last, deepcopy(step.now))
        else:
            place[last] = deepcopy(step.now)
    return value


def _compare(old: Any, new: Any, path: tuple[Step, ...]) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old:
            if key not in new:
                yield Difference((*path, key), "removed", was=old[key])
        for key in new:
            if key not in old:
                yield Difference((*path, key), "added", now=new[key])
            else:
                yield from _compare(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, path)
    elif _same(old, new):
        return
    else:
        yield Difference(path, "changed", old, new)


def _lists(old: list[Any], new: list[Any], path: tuple[Step, ...]) -> Iterator[Difference]:
    if len(old) * len(new) > MOST_COMPARED:
        if not _same(old, new):
            yield Difference(path, "changed", old, new)
        return
    matched = SequenceMatcher(None, [_text(one) for one in old], [_text(one) for one in new], autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matched.get_opcodes():
        if kind == "equal":
            continue
        both = min(old_to - old_from, new_to - new_from)
        for at in range(both):
            yield from _compare(old[old_from + at], new[new_from + at], (*path, new_from + at))
        for at in range(old_from + both, old_to):
            yield Difference((*path, new_from + both), "removed", was=old[at])
        for at in range(new_from + both, new_to):
            yield Difference((*path, at), "added", now=new[at])


def _same(old: Any, new: Any) -> bool:
    return _text(old) == _text(new)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr, ensure_ascii=False)
