"""What the screens cost: first load, event to DOM, keystroke to rows, chart opening, memory per connected user.

Chromium on loopback drives the shipped build with the demo. The first load is what travels, compressed, on an empty cache.
"""

import asyncio
import shutil
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.processes import Server, ehr, free_port
from ehr_app.demo.staff import DEMO_PASSWORD
from tests.browser import ARGUMENTS
from tests.gate.wire import Wire

USERS, ROUNDS = 60, 40
PATIENT = "north-p0001"
SLOW_4G = {
    "offline": False,
    "latency": 150 * 3.75,
    "downloadThroughput": 1_600_000 / 8 * 0.9,
    "uploadThroughput": 750_000 / 8 * 0.9,
}
HYDRATE = "reflex___state____state.hydrate_and_load"
CLOSE = "button[aria-label=Close]"
WATCH = """(selector) => new Promise((done) => {
  const started = performance.now();
  const watcher = new MutationObserver(() => {
    if (!document.querySelector(selector)) { watcher.disconnect(); done(performance.now() - started); }
  });
  watcher.observe(document.body, { childList: true, subtree: true });
  document.querySelector(selector).click();
})"""
TYPE = """(text) => new Promise((done) => {
  const box = document.querySelector('input[type=search]');
  const rows = () => [...document.querySelectorAll("main a[href*='/patients/']")].map((a) => a.href).join();
  const [started, before] = [performance.now(), rows()];
  const watcher = new MutationObserver(() => {
    if (rows() !== before) { watcher.disconnect(); done(performance.now() - started); }
  });
  watcher.observe(document.querySelector('main'), { childList: true, subtree: true, attributes: true });
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(box, text);
  box.dispatchEvent(new Event('input', { bubbles: true }));
})"""


def measure(folder: Path) -> None:
    """Print each figure with its bar."""
    folder.mkdir()
    data, port = folder / "data", free_port()
    ehr(data, "demo")
    server = Server(data, port)
    try:
        print("\nscreens (Chromium, loopback, shipped build, demo)")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            page = browser.new_context().new_page()
            first_load(page, port)
            slow_first_load(browser, port)
            charts(page, port)
            keystrokes(page)
            events(page, port)
            browser.close()
        memory(server, port)
    finally:
        server.stop()


def first_load(page: Page, port: int) -> None:
    """Bytes that travel and time until the list is usable, from the answer to the sign-in."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    moved = [0.0]
    page.goto(f"http://north.localhost:{port}/login")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    network.on("Network.loadingFinished", lambda event: moved.__setitem__(0, moved[0] + event["encodedDataLength"]))
    started = time.perf_counter()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("searchbox").first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Recent")
    took = time.perf_counter() - started
    page.wait_for_timeout(500)
    print(f"  first load: {moved[0] / 1000:.0f} kB compressed (bar 200); sign-in to list {took:.2f} s (bar 1)")


def slow_first_load(browser: Browser, port: int) -> None:
    """The same on a cold cache, slow 4G and a CPU slowed down four times.

    The network's numbers are those of Chrome DevTools' and Puppeteer's preset "Slow 4G".
    """
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"http://north.localhost:{port}/login")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", SLOW_4G)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    started = time.perf_counter()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("searchbox").first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("main")).to_contain_text("Recent", timeout=30_000)
    usable = time.perf_counter() - started
    print(f"  first load, slow 4G, CPU 4x slower: sign-in to list {usable:.2f} s (bar 3)")
    page.context.close()


def charts(page: Page, port: int) -> None:
    """Open the same chart from the list, again and again."""
    took = []
    for _ in range(10):
        page.goto(f"http://north.localhost:{port}/patients")
        link = page.locator(f"a[href*='{PATIENT}']").first
        if not link.count():
            page.get_by_role("searchbox").first.fill("margaret")
        expect(link).to_be_visible()
        started = time.perf_counter()
        link.click()
        expect(page.locator("button.opens").first).to_be_visible()
        took.append(1000 * (time.perf_counter() - started))
    print(f"  chart opening: p50 {statistics.median(took):.0f} ms (bar 300 for 5,000 resources)")


def keystrokes(page: Page) -> None:
    """Each key to the rows that it finds, in the page's own clock."""
    page.goto(page.url.split("/patients")[0] + "/patients")
    box = page.get_by_role("searchbox").first
    expect(page.locator("a[href*='/patients/']").first).to_be_visible()
    box.focus()
    took = [page.evaluate(TYPE, text) for _ in range(8) for text in ("so", "mar", "tr", "ma", "marg")]
    print(f"  keystroke to rows: p50 {statistics.median(took):.1f} ms (bar 60)")


def events(page: Page, port: int) -> None:
    """A click that the server answers without the database, to the change it makes: closing an open item."""
    page.goto(f"http://north.localhost:{port}/patients/{PATIENT}")
    opener = page.locator("button.opens").first
    expect(opener).to_be_visible()
    took = []
    for _ in range(ROUNDS):
        opener.click()
        expect(page.locator(CLOSE)).to_be_visible()
        took.append(page.evaluate(WATCH, CLOSE))
    print(f"  event to DOM: p50 {statistics.median(took):.1f} ms, p90 {sorted(took)[int(ROUNDS * 0.9)]:.1f} (bar 6)")


def memory(server: Server, port: int) -> None:
    """Resident memory that one more connected user costs, each with a session and an open chart of her own."""
    host = f"north.localhost:{port}"
    worker = max(server.processes(), key=lambda p: p.memory_info().rss if "postgres" not in p.name() else 0)
    cookies = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Host": host, "Origin": f"http://{host}"}) as client:
        for _ in range(USERS):
            answer = client.post("/login", data={"username": "admin", "password": DEMO_PASSWORD})
            cookies.append(answer.headers["set-cookie"].split(";")[0])
    before = psutil.Process(worker.pid).memory_info().rss
    with ExitStack() as open_sockets:
        for n, cookie in enumerate(cookies):
            wire = open_sockets.enter_context(Wire(port, host, cookie=cookie, token=f"bench-{n}"))
            wire.send(HYDRATE, path=f"/patients/{PATIENT}")
            wire.wait(lambda wire=wire: len(wire.events) > 3, 2.0)
        asyncio.run(asyncio.sleep(1))
        grown = psutil.Process(worker.pid).memory_info().rss - before
    print(f"  memory per connected user: {grown / USERS / 1e6:.2f} MB over {USERS} users (bar 1)")
