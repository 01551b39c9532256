"""Pages that read themselves again when somebody filed something elsewhere.

A page adopts it as `class Page(Watching, rx.State)` with `async def _reread(self, record)`, which reads and assigns all that it
shows, and two lines in its loading event: `await self._watch(record)`, then `await self._reread(record)`. On a wake the record is
opened anew with the credential of the window's socket (an access row with the action `live`); a wake never counts as activity of
the session, only what differs travels to the browser, and what the reader typed, opened or scrolled to is not touched.
"""

import logging
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

import reflex as rx

from ehr_app.errors import EhrError, Unauthenticated, Unavailable
from ehr_app.identity import sessions
from ehr_app.identity.hosts import facility_slug
from ehr_app.live.listener import Listener
from ehr_app.live.watchers import Watchers
from ehr_app.record.access import Credential
from ehr_app.record.announcing import Topic
from ehr_app.record.changes import Change, changes
from ehr_app.record.door import Record, addresses, door
from ehr_app.settings import settings
from ehr_app.ui.clinic.chart import Chart
from ehr_app.ui.clinic.items import read_item
from ehr_app.ui.clinic.news_view import News, news
from ehr_app.ui.clinic.opening import page_patient, zone_of
from ehr_app.ui.gate import internals, logout
from ehr_app.ui.gate.authz import AuthState, requires

log = logging.getLogger("ehr.live")
KEPT = 200
Browser = tuple[str, str]


class Live(rx.State):
    """What was filed elsewhere since the reader came to this chart or dismissed the strip."""

    news: News | None = None
    _pid: str = ""
    _since: datetime | None = None
    _told: list[Change] = []
    _seen: list[int] = []

    def _begin(self, record: Record, pid: str) -> None:
        if self._pid != pid or self._since is None:
            self.news, self._pid, self._since, self._told, self._seen = None, pid, record.access.at, [], []

    async def _tell(self, record: Record) -> None:
        patient = record.access.patient
        if patient is None or self._since is None:
            return
        floor = LISTENER.floor if LISTENER else 0
        fresh = await changes(record, patient, floor, self._since, self._seen)
        if fresh:
            self._seen = [*(seq for seq in self._seen if seq > floor), *(one.seq for one in fresh)]
            self._told = [*fresh, *self._told][:KEPT]
            self.news = news(self._told, self._pid, record.access.user_id, zone_of(record))

    @rx.event
    @requires()
    async def dismiss(self) -> None:
        """Take the strip away."""
        self.news, self._told = None, []


class Watching(rx.State, mixin=True):
    """What a page needs to be read again by itself."""

    async def _reread(self, record: Record) -> None:
        """Read and assign all that the page shows. Raises what the record raises."""
        raise NotImplementedError

    async def _lost(self, error: EhrError) -> None:
        """Show nothing more: the page may not be read any longer."""
        chart = await self.get_state(Chart)
        if not isinstance(error, Unavailable):
            self.reset()  # type: ignore[no-untyped-call]
        chart._fail(error)

    async def _watch(self, record: Record, patients: Iterable[Topic] | None = None) -> None:
        """Watch the patient of an open chart, or the patients of a list, until the window shows something else."""
        token, patient = self.router.session.client_token, record.access.patient
        if patients is None:
            (await self.get_state(Live))._begin(record, page_patient(self))
        own = [Topic(record.facility_number, patient)] if patient is not None else []
        WATCHERS.watch(token, list(patients) if patients is not None else own, _Wake(token, type(self), str(self.router.url.path)))


class _Wake:
    """Reads one window's page again; false when the window is gone or shows something else."""

    def __init__(self, token: str, page: "type[Watching]", path: str) -> None:
        self.token, self.page, self.path = token, page, path

    async def __call__(self) -> bool:
        app, browser = _app(), browser_of(self.token)
        if browser is None:
            return False
        ended = False
        async with app.modify_state(rx.BaseStateToken(ident=self.token, cls=self.page)) as anchor:
            page: Watching = await anchor.get_state(self.page)
            auth = await anchor.get_state(AuthState)
            if str(page.router.url.path) != self.path or auth._bound_sid != sessions.sid_of(*browser):
                return False
            shown = [page, await anchor.get_state(Chart), await anchor.get_state(Live)]
            before = [internals.values(state) for state in shown]
            try:
                await _reread(page, browser)
            except Unauthenticated:
                ended = True
            except EhrError as error:
                await page._lost(error)
            for state, was in zip(shown, before, strict=True):
                internals.keep_changed(state, was)
        if ended:
            await logout.clear_screens(app, browser.__eq__)
        return not ended


async def _reread(page: Watching, browser: Browser) -> None:
    pid = page_patient(page)
    chart = await page.get_state(Chart)
    async with _open(browser, pid, type(page).__name__.lower()) as record:
        chart.partial, chart.stale = "", ""
        await page._reread(record)
        if pid:
            if chart.item is not None and chart.item.ref:
                chart.item = await read_item(record, pid, chart.item.ref, zone_of(record), whole=False)
            live = await page.get_state(Live)
            await live._tell(record)


def _open(browser: Browser, pid: str, name: str) -> AbstractAsyncContextManager[Record]:
    """Open the record for a window that wakes. Raises Unauthenticated without a session."""
    secret = sessions.secret_of(*browser)
    if secret is None:
        raise Unauthenticated
    slug = facility_slug(browser[1])
    return door().open(Credential("session", secret), action="live", facility=slug, patient=pid or None, asked=name)


def browser_of(token: str) -> Browser | None:
    """Return cookie and host header of the socket that a window has now; None when it has none."""
    return internals.browser_of(_app(), token)


def install(app: rx.App) -> None:
    """Listen while an app runs."""
    global APP, LISTENER
    APP = app
    LISTENER = Listener(lambda: addresses(settings())[0], WATCHERS, lambda token: browser_of(token) is not None)
    app.register_lifespan_task(LISTENER.running)


def _app() -> rx.App:
    if APP is None:
        raise Unavailable("no app is watched")
    return APP


WATCHERS = Watchers()
APP: rx.App | None = None
LISTENER: Listener | None = None
