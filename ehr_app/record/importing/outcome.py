"""What one batch of an import came to: counts, what was stored of whom, what references name, and what was refused."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ehr_app.errors import EhrError, Issue

Kind = Literal["create", "update", "match", "skip", "refuse"]
"""What an entry comes to: a new resource, a new version, nothing new, left out, not accepted."""

REMARK = "a remark of the server that made the Bundle; there is nothing to store"
NOT_OF_R4 = "an element is not part of R4; it was stored as it came"


class Item(NamedTuple):
    """One entry on its way: where it stands, its bytes (None: too many), the id it gets, and whether a Bundle's entry holds it."""

    file: int
    n: int
    start: int
    raw: bytes | None
    fhir_id: str
    held: bool


class Result(NamedTuple):
    """One resource that is in the record now (`how`: what it took); `patient` is the FHIR id of the patient it belongs to."""

    file: int
    n: int
    patient: str | None
    place: str
    how: Kind


@dataclass(slots=True)
class Finding:
    """Something to report about an entry: refused (error), stored with a doubt or left out (warning), or nothing to store."""

    file: int
    n: int | None
    severity: Literal["error", "warning", "information"]
    reason: str
    resource: str | None = None
    reference: str | None = None
    position: int | None = None
    cited: int = 0
    issues: list[dict[str, str]] = field(default_factory=list)
    left_out: bool = False


@dataclass(slots=True)
class Outcome:
    """The sum of one batch, small enough to travel between processes."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    results: list[Result] = field(default_factory=list)
    targets: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # literal -> file, first entry, how often
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Take in what another batch came to."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.skipped += other.skipped
        self.results += other.results
        self.findings += other.findings
        for literal, (file, n, times) in other.targets.items():
            was = self.targets.get(literal, (file, n, 0))
            self.targets[literal] = (was[0], was[1], was[2] + times)

    def count(self, result: Result) -> None:
        """Count a resource that is in the record now."""
        self.created += result.how == "create"
        self.updated += result.how == "update"
        self.unchanged += result.how == "match"
        self.results.append(result)

    def skip(self, item: Item, reason: str = REMARK, resource: str | None = None) -> None:
        """Note that an entry is left out, and why."""
        self.skipped += 1
        severity: Literal["warning", "information"] = "information" if reason == REMARK else "warning"
        self.findings.append(Finding(item.file, item.n, severity, reason, resource, position=item.start, left_out=True))

    def refuse(self, item: Item, error: EhrError, resource: str | None = None) -> None:
        """Note that an entry was not stored, and why."""
        issues = [{"expression": i.expression, "code": i.code, "diagnostics": i.diagnostics} for i in error.issues]
        reason = error.diagnostics or error.sentence
        self.findings.append(Finding(item.file, item.n, "error", reason, resource, position=item.start, issues=issues))

    def doubt(self, item: Item, issue: Issue, resource: str | None) -> None:
        """Note that an entry was stored although an element of it is none of R4's."""
        told = [{"expression": issue.expression, "code": issue.code, "diagnostics": issue.diagnostics}]
        self.findings.append(Finding(item.file, item.n, "warning", NOT_OF_R4, resource, position=item.start, issues=told))

    def cite(self, item: Item, literal: str) -> None:
        """Note that an entry refers to something."""
        file, n, times = self.targets.get(literal, (item.file, item.n, 0))
        self.targets[literal] = (file, n, times + 1)


def details(finding: Finding) -> dict[str, Any]:
    """Return a finding's members that say something."""
    names = ("resource", "reference", "cited", "position", "issues")
    rest = {name: getattr(finding, name) for name in names if getattr(finding, name)}
    return {"severity": finding.severity, "reason": finding.reason, **rest}
