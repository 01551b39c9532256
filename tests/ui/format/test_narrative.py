"""Narratives: what may be read stays, what could act goes."""

import json
from pathlib import Path

import pytest

from ehr_app.ui.format.narrative import safe_html

NAUGHTY = Path(__file__).parents[4] / "shared" / "data" / "security" / "blns.json"
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="http://evil.example/pixel.png">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="data:text/html,<script>1</script>">x</a>',
    '<div style="background:url(http://evil.example)">x</div>',
    "<style>*{display:none}</style>",
    "<svg><script>1</script></svg>",
    "<math><mi xlink:href='javascript:1'>x</mi></math>",
    "<iframe src=http://evil.example></iframe>",
    "<form action=/logout method=post><input type=submit></form>",
    "<base href=http://evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=http://evil.example>",
    '<div id="content" class="fixed">x</div>',
    "<p onclick=alert(1)>x</p>",
    "<noscript><p title='</noscript><img src=x onerror=1>'></noscript>",
    "<template><script>1</script></template>",
    "<object data=http://evil.example></object><embed src=http://evil.example>",
    "<video src=http://evil.example></video>",
    "<!--><script>1</script>-->",
]


def _acts(html: str) -> bool:
    lowered = html.lower()
    signs = ("<script", "<img", "<style", "style=", "<svg", "<iframe", "<form", "<input", "<base", "<meta", "<link", "<object",
             "<embed", "<video", "javascript:", "data:text", "<template", " id=", " class=", "src=", "url(")  # fmt: skip
    tags = lowered.split("<")[1:]
    inside = ["<" + one.split(">")[0] for one in tags]
    return any(sign in one for one in inside for sign in signs) or any(" on" in one for one in inside)


@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_markup_is_gone(html: str) -> None:
    assert not _acts(safe_html(f"<div>{html}<p>kept</p></div>"))
    assert "alert(1)" not in safe_html(html)


def test_naughty_strings_do_not_act() -> None:
    assert [one for one in json.loads(NAUGHTY.read_text()) if _acts(safe_html(one))] == []


def test_text_lists_tables_and_links_stay_and_links_lead_out_safely() -> None:
    html = '<div><h3>Plan</h3><ul><li>rest</li></ul><table><tr><td colspan="2">a</td></tr></table><a href="https://x.example">x</a></div>'
    told = safe_html(html)
    assert "<li>rest</li>" in told and '<td colspan="2">a</td>' in told
    assert '<a href="https://x.example" rel="noopener noreferrer nofollow">x</a>' in told


def test_what_is_no_text_is_empty() -> None:
    assert [safe_html(one) for one in (None, 7, {"a": 1}, [])] == [""] * 4
