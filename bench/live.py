"""What live updates cost: from saving over the API in one place to the change on a screen in another, with many others watching.

The two browsers are real; the 200 further windows are raw sockets on the same chart, each with a session and a state of its own.
"""

import json
import shutil
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
from playwright.sync_api import Page, expect, sync_playwright

from bench.processes import Server, ehr, free_port
from ehr_app.demo.staff import DEMO_PASSWORD
from tests.browser import ARGUMENTS
from tests.gate.wire import Wire

PATIENT, ROUNDS, WATCHERS = "north-p0002", 30, 200
HYDRATE = "reflex___state____state.hydrate_and_load"
# The page tells when a text comes to be in it, by the wall clock that the writer reads too.
APPEARS = """text => new Promise((done) => {
  const there = () => document.body.innerText.includes(text);
  if (there()) return done(performance.timeOrigin + performance.now());
  new MutationObserver((_, self) => {
    if (there()) { self.disconnect(); done(performance.timeOrigin + performance.now()); }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
})"""


def measure(folder: Path) -> None:
    """Print each figure with its bar."""
    folder.mkdir()
    data, port = folder / "data", free_port()
    ehr(data, "demo", "--patients", "30")
    token = ehr(data, "token", "--facility", "north", "--user", "admin", "--scopes", "system/*.cruds").split()[-1]
    server = Server(data, port)
    host = f"north.localhost:{port}"
    writer = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Host": host, "Authorization": f"Bearer {token}"})
    try:
        print("\nlive updates (Chromium, loopback, shipped build, demo)")
        with sync_playwright() as playwright, ExitStack() as open_sockets:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            page = opened(browser.new_context().new_page(), host)
            took = rounds(page, writer, "alone")
            print(f"  saved by the API to the other browser: p50 {statistics.median(took):.0f} ms (bar 50), {spread(took)}")
            for n, cookie in enumerate(cookies(host, port)):
                wire = open_sockets.enter_context(Wire(port, host, cookie=cookie, token=f"live-{n}"))
                wire.send(HYDRATE, path=f"/patients/{PATIENT}")
                wire.wait(lambda wire=wire: len(wire.events) > 2, 5.0)
            before = used(server)
            crowd = rounds(page, writer, "in company", rest_s=3.0, count=8)
            cost = 1000 * (used(server) - before) / (8 * (WATCHERS + 1))
            print(f"  with {WATCHERS} more windows on the chart: p50 {statistics.median(crowd):.0f} ms, {spread(crowd)}")
            print(f"  CPU per window and wake, the writing included: {cost:.1f} ms over all processes")
            browser.close()
    finally:
        server.stop()


def opened(page: Page, host: str) -> Page:
    """Sign in and open the chart."""
    page.goto(f"http://{host}/login")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/patients*")
    page.goto(f"http://{host}/patients/{PATIENT}")
    expect(page.locator("#problems")).to_be_visible()
    return page


def rounds(page: Page, writer: httpx.Client, name: str, *, rest_s: float = 0.5, count: int = ROUNDS) -> list[float]:
    """Return the milliseconds from sending a problem to its name on the page, again and again; between them all wakes end."""
    took = []
    for n in range(count):
        text = f"Finding {n} {name}"
        page.evaluate(f"text => {{ window.seen = ({APPEARS})(text); }}", text)
        resource = {"resourceType": "Condition", "subject": {"reference": f"Patient/{PATIENT}"}, "code": {"text": text}}
        sent = time.time()
        answer = writer.post("/fhir/R4/Condition", content=json.dumps(resource), headers={"Content-Type": "application/fhir+json"})
        assert answer.status_code == 201, answer.text
        took.append(page.evaluate("window.seen") - 1000 * sent)
        writer.delete(f"/fhir/R4/Condition/{answer.json()['id']}")
        time.sleep(rest_s)
    return took


def spread(took: list[float]) -> str:
    """Return the ninth decile and the worst."""
    return f"p90 {sorted(took)[int(len(took) * 0.9)]:.0f}, worst {max(took):.0f}"


def cookies(host: str, port: int) -> list[str]:
    """Sign in once per window."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Host": host, "Origin": f"http://{host}"}) as client:
        return [
            client.post("/login", data={"username": "admin", "password": DEMO_PASSWORD}).headers["set-cookie"].split(";")[0]
            for _ in range(WATCHERS)
        ]


def used(server: Server) -> float:
    """Seconds of processor time of all processes."""
    return sum(server.cpu_s().values())
