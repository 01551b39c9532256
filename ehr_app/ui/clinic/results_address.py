"""The addresses of the results and vitals pages: view, tests, group, flag, period and end are all in the query string.

Pure. A link changes one of them and keeps the others, so that every state of the page can be sent, reloaded and gone back to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ehr_app.ui.clinic.domains import address
from ehr_app.ui.format.dates import parse_instant

MOST_TESTS = 6
VIEWS = ("panel", "time", "list")
PERIODS: Mapping[str, int] = {"1y": 1, "5y": 5, "all": 0}
OUT = "out"


@dataclass(frozen=True)
class Asked:
    """What the address of a page asks for; `until` is an instant, exclusive."""

    pid: str
    domain: str = "results"
    view: str = "panel"
    tests: tuple[str, ...] = ()
    group: str = ""
    flag: str = ""
    period: str = "all"
    until: str = ""

    @property
    def href(self) -> str:
        """The address that asks for this."""
        given = {
            "view": self.view if self.domain == "results" else "",
            "test": ",".join(one.replace("%", "%25").replace(",", "%2C") for one in self.tests),
            "group": self.group,
            "flag": self.flag,
            "period": "" if self.period == "all" else self.period,
            "until": self.until,
        }
        query = urlencode({name: value for name, value in given.items() if value})
        return f"{address(self.pid, self.domain)}?{query}" if query else address(self.pid, self.domain)

    def but(self, **changed: Any) -> str:
        """Return the address that differs in some of it; another group, flag, period or view begins at the newest again."""
        return replace(self, **({"until": ""} | changed)).href

    def toggled(self, test: str) -> str:
        """Return the address that draws one test more, or one less when it is drawn."""
        kept = tuple(one for one in self.tests if one != test)
        tests = kept if test in self.tests else (*self.tests, test)[-MOST_TESTS:]
        return replace(self, tests=tests).href

    def since(self, now: datetime) -> datetime | None:
        """Return when the period begins; None: at the beginning."""
        years = PERIODS[self.period]
        return now - timedelta(days=365.25 * years) if years else None

    def dates(self, now: datetime) -> list[tuple[str, str]]:
        """Return the period and the end as search parameters."""
        since = self.since(now)
        told = [("date", f"ge{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")] if since else []
        return told + ([("date", f"lt{self.until}")] if self.until else [])


def asked(pid: str, query: Mapping[str, Any], domain: str = "results") -> Asked:
    """Read an address; what it does not know it leaves out."""

    def told(name: str) -> str:
        return str(query.get(name, ""))

    tests = tuple(one.replace("%2C", ",").replace("%25", "%") for one in told("test").split(",") if one)
    end = parse_instant(told("until"))
    return Asked(
        pid=pid,
        domain=domain,
        view=told("view") if told("view") in VIEWS else "panel",
        tests=tests[:MOST_TESTS],
        group=told("group"),
        flag=OUT if told("flag") == OUT else "",
        period=told("period") if told("period") in PERIODS else "all",
        until=instant(end) if end else "",
    )


def instant(moment: datetime) -> str:
    """Return a moment as search and address carry it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
