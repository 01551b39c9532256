"""Texts in the reader's language, put in by the browser: `t("Problems")`, `t("{n} out of range", n=...)`, `t(a_var)`.

The English text is the key; the packs are `assets/locales/*.js`, loaded only by who needs one. Words made on the server are of
fixed vocabularies and go through `t` as Vars; digits in them match `{n}`. It translates no clinical text of the record.
"""

import json
from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_base.utils.imports import ImportVar

LANGUAGES = {"en": "English", "es": "Español"}
USED: set[str] = set()
"""Every literal text that a view has asked for, so that a test can hold the packs against it."""

_HOOK = VarData(imports={"$/public/i18n": [ImportVar(tag="useTranslation")]}, hooks={"const translate = useTranslation()": None})


def t(text: Any, **values: Any) -> rx.Var[str]:
    """Return a text in the reader's language. Shape: a literal, its `{name}`s given as `values`; or a Var of the server's words."""
    if isinstance(text, str):
        USED.add(text)
        key, data = json.dumps(text, ensure_ascii=False), _HOOK
    else:
        key, data = str(text), VarData.merge(_HOOK, text._get_all_var_data()) or _HOOK
    if not values:
        return _text(f"translate({key})", data)
    given = rx.Var.create(values)
    return _text(f"translate({key}, {given!s})", VarData.merge(data, given._get_all_var_data()) or data)


def set_language(code: str) -> Any:
    """Return the event, of the browser alone, that switches the language and remembers it."""
    data = VarData(imports={"$/public/i18n": [ImportVar(tag="setLanguage")]})
    return rx.call_function(rx.Var(f"(() => setLanguage({json.dumps(code)}))", _var_data=data))


def _text(code: str, data: VarData) -> rx.Var[str]:
    return rx.Var(code, _var_type=str, _var_data=data).to(str)
