"""HTML of narratives and notes in a safe subset: text, lists and tables; no script, style, image, form or remote content.

Narrative: https://hl7.org/fhir/R4/narrative.html . What is not on the list is dropped, its text stays; links lead out with
`noopener noreferrer nofollow`. The sanitizer is nh3 (https://github.com/messense/nh3).
"""

import re

import nh3

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "i", "kbd", "li", "ol", "p", "pre", "q", "samp", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
SCHEMES = {"http", "https", "mailto", "tel"}
LEADS_OUT = re.compile(r"(https?://|mailto:|tel:)[^\s\\]+", re.I)


def safe_html(text: object) -> str:
    """Return HTML of the safe subset; whatever is not text counts as empty."""
    if not isinstance(text, str):
        return ""
    return nh3.clean(
        text, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=_kept, url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        clean_content_tags={"script", "style", "iframe", "object", "svg", "math", "template", "noscript", "title"},
    )  # fmt: skip


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """Keep whole addresses only: a relative one would lead somewhere inside of this product."""
    return None if attribute == "href" and not LEADS_OUT.fullmatch(value) else value
