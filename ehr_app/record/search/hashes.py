"""The blind hashes that a term asks for: the same parts in the same order as `ehr_app.record.rows` writes them."""

from collections.abc import Callable

import jellyfish

from ehr_app.record.rows import LONGEST_EXACT, PREFIXES, SEVERAL
from ehr_app.record.search.query import Term
from ehr_app.record.search.values import ReferenceValue, TextValue, TokenValue
from ehr_app.standards.extract import fold
from ehr_app.standards.search_parameters import SearchParameter

Hash = Callable[..., int]
LONGEST_PREFIX = PREFIXES[-1]


def hashes(h: Hash, rtype: str, term: Term) -> list[int] | None:
    """Return the hashes of which a matching row has at least one, without repeats; None when the term has no such form."""
    found: dict[int, None] = {}
    if term.missing is not None or term.modifier == "contains" or not term.parameter.stored:
        return None
    for value in term.values:
        for stored in term.parameter.stored:
            match value:
                case TokenValue(_, None):
                    return None
                case TokenValue(None, str(code)):
                    found[h("t", rtype, stored, code)] = None
                case TokenValue(str(system), str(code)):
                    found[h("ts", rtype, stored, system, code)] = None
                case ReferenceValue(literals):
                    found.update(dict.fromkeys(h("r", rtype, stored, literal) for literal in literals))
                case TextValue(text):
                    known = _text(h, rtype, term, stored, text)
                    if known is None:
                        return None
                    found[known] = None
                case _:
                    return None
    return list(found)


def driving(h: Hash, rtype: str, term: Term, found: list[int]) -> list[int]:
    """Return what to look up in `eq` for the hashes of a term: tokens stand there without their system."""
    if term.parameter.type != "token":
        return found
    codes = [v.code for v in term.values if isinstance(v, TokenValue) and v.code is not None]
    return list(dict.fromkeys(h("t", rtype, stored, code) for code in codes for stored in term.parameter.stored))


def exact(term: Term) -> bool:
    """Tell whether the hashes of a term decide it; else the bodies of the candidates are looked at."""
    if term.parameter.type != "string" or term.parameter.code == "phonetic":
        return True
    return term.modifier is None and all(isinstance(v, TextValue) and len(fold(v.text)) <= LONGEST_PREFIX for v in term.values)


def code_hashes(h: Hash, rtype: str, term: Term) -> list[int]:
    """Return what the promoted code column of a match can hold: one of the codes, or the mark of a row with several."""
    codes = [v.code for v in term.values if isinstance(v, TokenValue) and v.code is not None]
    return [h("c", rtype, code) for code in dict.fromkeys([*codes, SEVERAL])]


def _text(h: Hash, rtype: str, term: Term, stored: str, text: str) -> int | None:
    if term.parameter.type == "uri":
        return h("u", rtype, stored, text)
    folded = fold(text)
    if term.modifier == "exact":
        return h("s=", rtype, stored, folded[:LONGEST_EXACT])
    if is_phonetic(term.parameter):
        return h("sx", rtype, "phonetic", jellyfish.metaphone(folded))
    if len(folded) < PREFIXES[0]:
        return None
    return h("sp", rtype, stored, folded[:LONGEST_PREFIX])


def is_phonetic(parameter: SearchParameter) -> bool:
    """Tell whether a parameter compares by sound."""
    return parameter.code == "phonetic"
