"""The frame of the entry pages: plain HTML, one small stylesheet, no script, every value escaped."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ehr_app.ui.entry.words import language_of, others, remember, say

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
FRAME = """<!doctype html>
<html lang="{language}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="stylesheet" href="/entry.css">
</head>
<body>
<header class="mark">EHR</header>
<main class="entry">
{body}
</main>
{languages}
</body>
</html>
"""


def page(request: Request, title: str, body: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an entry page. Shape: `body` is HTML whose values went through `safe`; `title` is text."""
    links = "\n".join(
        f'<a href="{safe(address)}" lang="{code}" hreflang="{code}">{safe(name)}</a>' for code, name, address in others(request)
    )
    languages = f'<nav class="languages" aria-label="{safe(say(request, "Language"))}">{links}</nav>'
    shown = FRAME.format(title=escape(title), body=body, language=language_of(request), languages=languages)
    policy = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return remember(request, HTMLResponse(shown, status, policy | (headers or {})))


def safe(text: str) -> str:
    """Escape a value for HTML text and for quoted attributes."""
    return escape(text, quote=True)
