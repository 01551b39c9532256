"""The language packs hold every text that a screen shows, nothing else, and say the same with the same values."""

import ast
import json
import re
from pathlib import Path

import pytest

from ehr_app import ehr_app as composed
from ehr_app.errors import EhrError
from ehr_app.record.importing.alike import SAME_IDENTIFIER, SAME_PERSON
from ehr_app.settings import PROJECT
from ehr_app.standards.r4 import RTYPES
from ehr_app.ui.admin import batch_view
from ehr_app.ui.clinic import filed, versions_view
from ehr_app.ui.clinic.chart_view import LONG_NAMES, VITALS
from ehr_app.ui.clinic.domains import DOMAINS
from ehr_app.ui.entry.words import pack
from ehr_app.ui.format import people, values
from ehr_app.ui.format.allergies import WORDS
from ehr_app.ui.format.dates import MONTHS
from ehr_app.ui.format.elements import type_plural
from ehr_app.ui.format.text import NOT_KNOWN, NOT_RECORDED
from ehr_app.ui.kit import i18n

OTHERS = [code for code in i18n.LANGUAGES if code != "en"]
API = "ehr_app.fhir."
NAMES = re.compile(r"\{(\w+)\}")


def texts_of_views() -> set[str]:
    """Every literal that a view, an entry page or the kit's own code asks for."""
    app = composed.app
    app._apply_decorated_pages()
    for route in list(app._unevaluated_pages):
        app._compile_page(route)
    found = set(i18n.USED)
    for path in (PROJECT / "ehr_app" / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("t", "say"):
                found |= {one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    for path in (PROJECT / "assets").glob("*.js"):
        found |= set(re.findall(r'translate\("([^"]+)"', path.read_text("utf-8")))
    return found


def vocabularies() -> set[str]:
    """The fixed words of the server that views pass through `t`."""
    found = {word for _, _, word in values._FLAGS.values()} | set(WORDS.values()) | set(people._SEX.values())
    found |= {text for domain in DOMAINS for text in (domain.label, domain.empty) if text}
    found |= {name for name, _ in VITALS} | set(LONG_NAMES.values()) | {NOT_KNOWN, NOT_RECORDED, people.NAME_NOT_KNOWN}
    found |= {f"{{n}} {month} {{n2}}" for month in MONTHS} | {f"{month} {{n}}" for month in MONTHS}
    found |= {*batch_view.WHAT.values(), *batch_view.BACK.values(), *batch_view.OTHER_WORDS, SAME_IDENTIFIER, SAME_PERSON}
    found |= {word for words in (batch_view.STATES, batch_view.VIEWS) for word in words.values()}
    found |= {*filed.WAYS.values(), *filed.ACTIONS.values(), *versions_view.VERBS.values(), *versions_view.KINDS.values()}
    return found | {error.sentence for error in _all(EhrError)}


def made_of_names(pack: dict[str, str]) -> set[str]:
    """Titles of sections that are made from the names of R4 types, and what an empty section says with its title."""
    plurals = {type_plural(name) for name in RTYPES}
    return plurals | {f"No {title.lower()} recorded." for title in plurals} | {f"No current {title.lower()}." for title in pack}


def _all(error: type[EhrError]) -> set[type[EhrError]]:
    """The errors that a screen can meet: those of the REST edge speak to clients of the API, in English."""
    met = [one for one in error.__subclasses__() if one.__module__.startswith("ehr_app.") and not one.__module__.startswith(API)]
    return {error}.union(*(_all(one) for one in met))


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_of_the_screens_has_a_translation(code: str) -> None:
    assert sorted(texts_of_views() - set(pack(code))) == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_fixed_word_of_the_server_has_a_translation(code: str) -> None:
    assert sorted(vocabularies() - set(pack(code))) == []


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_of_a_pack_is_left_over(code: str) -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (PROJECT / "ehr_app").rglob("*.py"))
    shown = texts_of_views() | vocabularies() | made_of_names(pack(code))
    left = [
        key
        for key in pack(code)
        if key not in shown and "{n}" not in key and json.dumps(key, ensure_ascii=False)[1:-1] not in sources
    ]
    assert left == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_values_of_its_text(code: str) -> None:
    assert [key for key, text in pack(code).items() if sorted(NAMES.findall(key)) != sorted(NAMES.findall(text))] == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_pack_is_in_alphabetical_order_and_says_nothing_twice(code: str) -> None:
    source = (Path(PROJECT) / "assets" / "locales" / f"{code}.js").read_text("utf-8")
    keys = [json.loads(found) for found in re.findall(r'^  ("(?:[^"\\]|\\.)*"):', source, re.M)]
    assert keys == sorted(set(keys))
    assert all(text.strip() for text in pack(code).values())
