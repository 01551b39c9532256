"""What a large chart costs: opening one of 5,000 and of 60,000 resources, its timeline, a list of 10,000 results.

Chromium on loopback drives the shipped build; times are the page's own, from the click to the first frame that shows the content.
The charts are made here from a seed and go in through `ehr import`.
"""

import json
import random
import re
import shutil
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from bench import dataset
from bench.processes import Server, ehr, free_port
from tests.browser import ARGUMENTS

PASSWORD = re.compile(r"password is (\S+)")
ROUNDS = 12
SIZES = {"chart-5000": 5_000, "chart-60000": 60_000, "chart-10000": 12_000}
START = datetime(2006, 1, 2, 8, tzinfo=UTC)
ACTIVE = "http://terminology.hl7.org/CodeSystem/condition-clinical"
DAYS = 19 * 365
VITALS = [("8867-4", "Heart rate", "/min", 60, 95), ("9279-1", "Respiratory rate", "/min", 12, 20),
          ("8310-5", "Body temperature", "Cel", 36, 38), ("29463-7", "Body weight", "kg", 60, 90)]  # fmt: skip
UNTIL = """([click, wanted]) => new Promise((done) => {
  let started = 0;
  const shown = () => document.querySelector(wanted) && !document.querySelector('.bone');
  const look = () => { if (shown()) done(performance.now() - started); else requestAnimationFrame(look); };
  const start = () => {
    const target = document.querySelector(click);
    if (!target || document.querySelector('.bone')) return requestAnimationFrame(start);
    started = performance.now();
    target.click();
    requestAnimationFrame(look);
  };
  start();
})"""


def measure(folder: Path) -> None:
    """Make the charts, then print each figure with its bar."""
    folder.mkdir()
    data, port = folder / "data", free_port()
    source = folder / "charts.ndjson"
    with source.open("w") as out:
        for number, (pid, size) in enumerate(SIZES.items()):
            for resource in chart(pid, size, number):
                out.write(json.dumps(resource) + "\n")
    ehr(data, "facility", "add", "north", "--name", "North", "--time-zone", "America/Chicago")
    told = ehr(data, "user", "add", "bench", "--facility", "north", "--role", "physician", "--display", "Bench")
    password = PASSWORD.search(told)
    assert password, told
    server = Server(data, port)
    try:
        ehr(data, "import", str(source), "--facility", "north")
        print("\ncharts (Chromium, loopback, shipped build; p50 of the page's own clock)")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            base = f"http://north.localhost:{port}"
            page.goto(f"{base}/login")
            page.get_by_label("Username").fill("bench")
            page.get_by_label("Password").fill(password[1])
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("searchbox").first).to_be_visible()
            measured(page, base)
            browser.close()
    finally:
        server.stop()


def measured(page: Page, base: str) -> None:
    """Print the rows; before each round the same page of another patient is opened, so that nothing is shown from before."""
    other = f"{base}/patients/chart-10000"
    for pid, bar in (("chart-5000", 300), ("chart-60000", 500)):
        took = _each(page, other, f"{base}/patients/{pid}/timeline", f"a[href='/patients/{pid}']", "button.opens:not([data-place])")
        _row(f"opening a chart of {SIZES[pid]:,} resources", bar, took)
    for pid, bar in (("chart-5000", 300), ("chart-60000", 0)):
        took = _each(page, f"{other}/timeline", f"{base}/patients/{pid}", f"a[href='/patients/{pid}/timeline']", ".event .opens")
        _row(f"timeline of {SIZES[pid]:,} events", bar, took)
    away = f"{base}/patients/chart-5000/results?view=list"
    took = _each(page, away, f"{other}/results?view=time", "a[href$='view=list']", ".virtual td")
    _row("list of 10,000 results", 100, took)


def chart(pid: str, size: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield one patient's record of `size` resources over nineteen years: visits with vital signs, panels, notes and orders."""
    draw = random.Random(seed)
    who = {"reference": f"Patient/{pid}"}
    yield {"resourceType": "Patient", "id": pid, "name": [{"family": f"Chart{size}", "given": ["Grace"]}], "gender": "female",
           "birthDate": "1950-05-05", "identifier": [{"system": "https://ehr.example/record-number", "value": pid}]}  # fmt: skip
    made, visit = 1, 0
    visits = size // 40
    while True:
        at = START + timedelta(days=DAYS * visit / visits, minutes=draw.randrange(500))
        for resource in _visit(pid, who, visit, at, draw):
            if made == size:
                return
            yield resource
            made += 1
        visit += 1


def _visit(pid: str, who: dict[str, str], visit: int, at: datetime, draw: random.Random) -> Iterator[dict[str, Any]]:
    key, day = f"{pid}-{visit}", at.isoformat()
    yield {"resourceType": "Encounter", "id": f"{key}-e", "status": "finished", "class": {"code": "AMB"}, "subject": who,
           "type": [{"text": "Follow-up"}], "reasonCode": [{"text": "Review"}], "period": {"start": day, "end": day}}  # fmt: skip
    for code, name, unit, low, high in VITALS:
        yield {"resourceType": "Observation", "id": f"{key}-{code}", "status": "final", "subject": who, "effectiveDateTime": day,
               "category": [{"coding": [{"code": "vital-signs"}]}], "performer": [{"display": "Nurse Bench"}],
               "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": name}]},
               "valueQuantity": {"value": draw.randrange(low, high), "unit": unit, "code": unit}}  # fmt: skip
    panel = []
    for n in range(30):
        made = dataset.observation(0, n, draw)
        made |= {"id": f"{key}-l{n}", "subject": who, "effectiveDateTime": day}
        panel.append(made)
    yield {"resourceType": "DiagnosticReport", "id": f"{key}-r", "status": "final", "code": {"text": "Chemistry"}, "subject": who,
           "effectiveDateTime": day, "category": [{"coding": [{"code": "LAB"}]}],
           "result": [{"reference": f"Observation/{one['id']}"} for one in panel]}  # fmt: skip
    yield from panel
    yield {"resourceType": "DocumentReference", "id": f"{key}-d", "status": "current", "type": {"text": "Progress note"},
           "date": day, "subject": who,
           "content": [{"attachment": {"contentType": "text/plain", "data": "U3RhYmxlLg=="}}]}  # fmt: skip
    yield {"resourceType": "Procedure", "id": f"{key}-p", "status": "completed", "code": {"text": "Venepuncture"}, "subject": who,
           "performedDateTime": day}  # fmt: skip
    if visit % 10 == 0:
        yield {"resourceType": "Condition", "id": f"{key}-c", "code": {"text": f"Problem {visit}"}, "subject": who,
               "onsetDateTime": day[:10], "clinicalStatus": {"coding": [{"system": ACTIVE, "code": "active"}]}}  # fmt: skip
        yield {"resourceType": "MedicationRequest", "id": f"{key}-m", "status": "stopped", "intent": "order", "subject": who,
               "medicationCodeableConcept": {"text": "Lisinopril 10 MG Oral Tablet"}, "authoredOn": day[:10]}  # fmt: skip


def _each(page: Page, away: str, start: str, click: str, wanted: str) -> list[float]:
    """Open the page of another patient, then the start page, click, wait for the content; again and again."""
    took = []
    for _ in range(ROUNDS):
        page.goto(away)
        expect(page.locator(wanted).first).to_be_visible()
        page.goto(start)
        expect(page.locator(click).first).to_be_visible()
        expect(page.locator(".bone")).to_have_count(0)
        took.append(page.evaluate(UNTIL, [click, wanted]))
    return took


def _row(name: str, bar: int, took: list[float]) -> None:
    p50 = statistics.median(took)
    told = f" (bar {bar})" if bar else ""
    verdict = "  ABOVE THE BAR" if bar and p50 > bar else ""
    print(f"  {name}: p50 {p50:.0f} ms, slowest of {len(took)} {max(took):.0f}{told}{verdict}", flush=True)
