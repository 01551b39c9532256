"""The frame of the entry pages: plain HTML, one small stylesheet, no script, every value escaped."""

from html import escape

from starlette.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
FRAME = """<!doctype html>
<html lang="en">
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
</body>
</html>
"""


def page(title: str, body: str, status: int = 200, headers: dict[str, str] | None = None) -> HTMLResponse:
    """Return an entry page. Shape: `body` is HTML whose values went through `safe`; `title` is text."""
    policy = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(FRAME.format(title=escape(title), body=body), status, policy | (headers or {}))


def safe(text: str) -> str:
    """Escape a value for HTML text and for quoted attributes."""
    return escape(text, quote=True)
