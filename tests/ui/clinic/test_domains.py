"""The domains of a chart: nothing that was imported is invisible, and no place moves."""

from ehr_app.record.contents import Kind
from ehr_app.standards.r4 import RTYPES
from ehr_app.ui.clinic.domains import BY_KEY, DOMAINS, domain_of, navigation


def test_every_type_and_category_has_exactly_one_domain() -> None:
    named = [kind for domain in DOMAINS for kind in domain.kinds]
    assert len(named) == len(set(named))
    assert {kind.partition("/")[0] for kind in named} <= set(RTYPES)
    assert {domain_of(Kind(rtype, "")) for rtype in RTYPES} <= set(BY_KEY)
    assert domain_of(Kind("Observation", "vital-signs")) == "vitals"
    assert domain_of(Kind("Observation", "laboratory")) == "results"
    assert domain_of(Kind("Basic", "")) == "other"


def test_keys_that_open_domains_are_all_different() -> None:
    assert len({domain.hotkey for domain in DOMAINS}) == len(DOMAINS)


def test_the_navigation_counts_and_keeps_empty_domains_in_their_place() -> None:
    full = navigation("p 1", {Kind("Condition", ""): 1200, Kind("DetectedIssue", ""): 1, Kind("Patient", ""): 1})
    empty = navigation("p 1", {})
    assert [one.key for one in full] == [one.key for one in empty] == [domain.key for domain in DOMAINS]
    assert {one.key: one.count for one in full if one.count} == {"problems": "1,201"}
    assert (full[0].href, full[1].href) == ("/patients/p%201", "/patients/p%201/timeline")
