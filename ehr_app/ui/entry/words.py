"""The language of the entry pages: the reader's choice (a cookie, set by `?lang=`), else what the browser asks for.

They run no script, so the server puts in the texts, from the very pack that the app's pages use.
"""

import json
import re
from functools import cache
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from ehr_app.ui.build import ROOT
from ehr_app.ui.kit.i18n import LANGUAGES

ON_THIS_HOST = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}")
NUMBER = re.compile(r"\d+")
COOKIE, YEAR_S = "language", 31_536_000
PACKS = ROOT / "assets" / "locales"


@cache
def pack(language: str) -> dict[str, str]:
    """Return the texts of a language by their English; empty for English. Shape: the file is JSON behind `export default`."""
    if language == "en":
        return {}
    text = (PACKS / f"{language}.js").read_text("utf-8").split("export default", 1)[1].strip().removesuffix(";")
    found: dict[str, str] = json.loads(text[: text.rindex(",")] + "}" if text[:-1].rstrip().endswith(",") else text)
    return found


def language_of(request: Request) -> str:
    """Return the code of the language to answer in."""
    asked = request.query_params.get("lang") or request.cookies.get(COOKIE) or ""
    if asked in LANGUAGES:
        return asked
    wanted = (part.strip()[:2].lower() for part in request.headers.get("accept-language", "").split(","))
    return next((code for code in wanted if code in LANGUAGES), "en")


def say(request: Request, text: str, **values: str) -> str:
    """Return a text in the language of the request, its `{name}`s filled in; one number in it matches `{n}`."""
    words = pack(language_of(request))
    if text not in words and (number := NUMBER.search(text)):
        text, values = NUMBER.sub("{n}", text, count=1), {"n": number[0]}
    return words.get(text, text).format_map(values)


def remember(request: Request, answer: Response) -> Response:
    """Keep the language that was asked for by `?lang=`."""
    if (asked := request.query_params.get("lang")) in LANGUAGES:
        answer.set_cookie(COOKIE, asked, max_age=YEAR_S, path="/", samesite="lax")
    return answer


def others(request: Request) -> list[tuple[str, str, str]]:
    """Return code, name and address of this page in every other language."""
    shown = language_of(request)
    kept = [(key, value) for key, value in request.query_params.multi_items() if key == "next" and ON_THIS_HOST.fullmatch(value)]
    path = "/login" if request.url.path == "/logout" else request.url.path
    return [(code, name, f"{path}?{urlencode([*kept, ('lang', code)])}") for code, name in LANGUAGES.items() if code != shown]
