"""Results, graphs, vital signs and growth in a real browser, on the shipped build."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from ehr_app.record.codec import encode
from tests.browser import SignIn
from tests.server import Server

pytestmark = pytest.mark.browser

PID = "results-of-many"
CHILD = "results-of-a-child"
LAB = [{"coding": [{"code": "laboratory", "system": "http://terminology.hl7.org/CodeSystem/observation-category"}]}]
VITAL = [{"coding": [{"code": "vital-signs", "system": "http://terminology.hl7.org/CodeSystem/observation-category"}]}]
EXAM = [{"coding": [{"code": "exam", "system": "http://terminology.hl7.org/CodeSystem/observation-category"}]}]


def observation(fhir_id: str, code: str, when: str, value: dict[str, Any] | None, pid: str = PID, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": fhir_id, "status": "final", "category": LAB,
        "subject": {"reference": f"Patient/{pid}"},
        "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": f"Test {code}"}, "effectiveDateTime": when,
        **({"valueQuantity": value} if value else {}), **more,
    }  # fmt: skip


def quantity(value: float, unit: str = "mmol/L", **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org", **more}


def resources() -> list[dict[str, Any]]:
    """A long series, two units, a limit of measurement, no unit, no range, an error, a text alone; a child that grows."""
    patient = {"resourceType": "Patient", "id": PID, "name": [{"family": "Long", "given": ["Ada"]}], "birthDate": "1960-02-03"}
    child = {"resourceType": "Patient", "id": CHILD, "name": [{"family": "Small", "given": ["Bo"]}], "birthDate": "2021-05-01"}
    band = [{"low": quantity(3.5), "high": quantity(5)}]
    days = [f"{2010 + at // 60}-{1 + at % 60 // 5:02d}-{1 + at % 5 * 5:02d}T08:00:00Z" for at in range(700)]
    long = [observation(f"long-{at}", "2823-3", day, quantity(4 + at % 9 / 10), referenceRange=band) for at, day in enumerate(days)]
    long[300]["valueQuantity"], long[300]["interpretation"] = quantity(9.9), [{"coding": [{"code": "HH"}]}]
    growing = [
        observation(f"grow-{at}", "29463-7", f"{2021 + at}-06-01T08:00:00Z", quantity(4 + 3 * at, "kg"), CHILD, category=VITAL)
        for at in range(5)
    ]
    return [
        patient, child, *long, *growing,
        observation("mass", "2345-7", "2022-01-01T08:00:00Z", quantity(90, "mg/dL")),
        observation("mole", "2345-7", "2022-01-02T08:00:00Z", quantity(5)),
        observation("under", "2345-7", "2022-01-03T08:00:00Z", quantity(0.5, comparator="<")),
        observation("bare", "2345-7", "2022-01-04T08:00:00Z", {"value": 7}),
        observation("wrong", "2345-7", "2022-01-05T08:00:00Z", quantity(99), status="entered-in-error"),
        observation("early", "2345-7", "2022-01-06T08:00:00Z", quantity(6), status="preliminary"),
        observation("look", "32451-7", "2022-02-01T08:00:00Z", None, category=EXAM, valueString="Clear"),
        {**observation("name", "", "2022-02-01T08:00:00Z", quantity(1)), "code": {"text": "N" * 200}},
        {"resourceType": "DiagnosticReport", "id": "text-alone", "status": "final", "code": {"text": "Chest film"},
         "subject": {"reference": f"Patient/{PID}"}, "effectiveDateTime": "2022-03-01", "conclusion": "No change."},
        {"resourceType": "Specimen", "id": "blood", "type": {"text": "Blood"}, "subject": {"reference": f"Patient/{PID}"},
         "collection": {"collectedDateTime": "2022-01-01"}},
    ]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _record(server: Server) -> None:
    entries = [{"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}} for one in resources()]
    with server.client("north", Authorization=f"Bearer {server.token('north')}") as client:
        for start in range(0, len(entries), 50):
            bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries[start : start + 50]}
            answer = client.post("/fhir/R4", content=encode(bundle), headers={"Content-Type": "application/fhir+json"})
            assert all(one["response"]["status"].startswith("20") for one in answer.json()["entry"]), answer.text[:2000]
        mole = next(one for one in resources() if one["id"] == "mole")
        corrected = {**mole, "status": "corrected", "valueQuantity": quantity(5.5)}
        answer = client.put(
            "/fhir/R4/Observation/mole", content=encode(corrected), headers={"Content-Type": "application/fhir+json"}
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Sign in as the physician and wait for the chart."""

    def go(path: str, user: str = "ivo", slug: str = "north") -> Page:
        page = signed_in(path, user=user, slug=slug)
        page.wait_for_selector("#content h1", timeout=30_000)
        return page

    return go


def over_time(code: str, unit: str = "mmol/L", **more: str) -> str:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/patients/{PID}/results?view=time&test=http://loinc.org%7C{code}%7C{unit.replace('/', '%2F')}{query}"


def test_G4_a_graph_names_patient_title_axes_scale_unit_range_and_legend(page: Page, signed_in: SignIn) -> None:
    signed_in(over_time("2823-3"))
    figure = page.locator("figure").first
    expect(figure.locator("h2")).to_have_text("Test 2823-3")
    expect(figure).to_contain_text("LONG, Ada")
    expect(figure).to_contain_text("Test 2823-3, mmol/L")
    expect(figure).to_contain_text("Range 3.5 to 5 mmol/L")
    expect(figure.locator("[aria-label=Legend]")).to_contain_text("critical")
    svg = figure.locator("svg[role=slider]")
    expect(svg).to_contain_text("Date of collection")
    texts = svg.locator("text").all_text_contents()
    assert len([text for text in texts if re.fullmatch(r"\d{2}-[A-Z][a-z]{2}-\d{4}", text)]) >= 2
    assert len([text for text in texts if re.fullmatch(r"-?[\d.,]+", text)]) >= 4
    expect(svg.locator("rect.band")).to_have_count(1)


def test_G3_the_whole_series_is_drawn_and_says_how_it_is_thinned(page: Page, signed_in: SignIn) -> None:
    signed_in(over_time("2823-3"))
    expect(page.locator("figure")).to_contain_text("of 700 results are drawn")
    expect(page.locator(".dot-critical")).not_to_have_count(0)
    assert page.locator("svg .point").count() <= 490


def test_G3_the_table_of_the_values_is_one_step_away_and_keys_zoom(page: Page, signed_in: SignIn) -> None:
    signed_in(over_time("2345-7"))
    figure = page.locator("figure").first
    figure.locator("summary").click()
    expect(figure.locator("tbody tr")).to_have_count(4)
    expect(figure.locator("tbody")).to_contain_text("< 0.5 mmol/L")
    expect(figure.locator("tbody")).to_contain_text("Not drawn: entered in error")
    graph = figure.locator("[role=slider]")
    graph.focus()
    graph.press("+")
    expect(page.get_by_role("button", name="Whole period")).to_be_enabled()
    graph.press("Home")
    expect(graph).to_have_attribute("aria-valuenow", "1")
    expect(graph).to_have_attribute("aria-valuetext", re.compile("5.5 mmol/L, Corrected, No range"))
    graph.press("0")
    expect(page.get_by_role("button", name="Whole period")).to_be_disabled()


def test_G1_a_second_test_is_a_graph_of_its_own_and_the_address_keeps_both(page: Page, signed_in: SignIn) -> None:
    signed_in(over_time("2345-7"))
    expect(page.locator("figure")).to_have_count(1)
    expect(page.locator("#content")).to_contain_text("more than one unit")
    page.get_by_role("link", name="Add to the graphs: Test 2345-7").first.click()
    expect(page.locator("figure")).to_have_count(2)
    expect(page.locator("figure").nth(1)).to_contain_text("mg/dL")
    page.reload()
    expect(page.locator("figure")).to_have_count(2)
    page.go_back()
    expect(page.locator("figure")).to_have_count(1)


def test_G1_a_limit_of_measurement_is_an_open_mark(page: Page, signed_in: SignIn) -> None:
    signed_in(over_time("2345-7"))
    expect(page.locator("svg .point path.dot-hollow")).to_have_count(1)
    expect(page.locator("[aria-label=Legend]")).to_contain_text("below the limit of measurement")


def test_R3_a_corrected_result_shows_its_former_value_and_a_preliminary_one_says_so(page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{PID}/results?until=2022-12-01T00:00:00Z")
    row = page.locator("tr", has_text="5.5 mmol/L")
    expect(row).to_contain_text("Corrected")
    expect(row.locator("s")).to_have_text("5 mmol/L")
    expect(page.locator("tr", has_text="6 mmol/L").first).to_contain_text("Preliminary")


def test_R2_missing_unit_and_missing_range_are_told(page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{PID}/results?until=2022-12-01T00:00:00Z")
    row = page.locator("tr", has_text="7, unit missing")
    expect(row).to_contain_text("No range")
    expect(page.locator("s.wrong", has_text="Test 2345-7")).to_have_count(1)


def test_every_kind_of_result_is_reached(page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{PID}/results?group=exam&view=list")
    expect(page.locator(".virtual tbody")).to_contain_text("Clear")
    page.get_by_role("link", name="Specimens 1").click()
    expect(page.locator(".virtual tbody")).to_contain_text("Blood")
    page.get_by_role("link", name="Reports 1").click()
    expect(page.locator(".virtual tbody")).to_contain_text("No change.")


def test_older_days_and_older_panels_are_a_link_away(page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{PID}/results?view=time")
    first = page.locator("#grid thead th").nth(1).inner_text()
    page.get_by_role("link", name="Older days").click()
    expect(page.get_by_role("link", name="Newest days")).to_be_visible()
    expect(page.locator("#grid thead th").nth(1)).not_to_have_text(first)
    page.goto(page.url.split("?")[0])
    page.get_by_role("link", name="Older results").click()
    expect(page.get_by_role("link", name="Newest results")).to_be_visible()


def test_tests_are_narrowed_while_typing(page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{PID}/results?view=time&until=2022-12-01T00:00:00Z")
    rows = page.locator("#grid tbody tr")
    expect(rows.first).to_be_visible()
    page.get_by_role("searchbox", name="Narrow the tests").fill("2345")
    expect(page.locator("#grid tbody tr:visible")).to_have_count(3)
    page.get_by_role("searchbox", name="Narrow the tests").fill("nothing like it")
    expect(page.locator("#grid tbody tr:visible")).to_have_count(0)
    expect(page.get_by_text("No test matches.")).to_be_visible()


def test_only_what_is_out_of_range_is_shown_when_asked(page: Page, signed_in: SignIn) -> None:
    signed_in(over_time("2823-3", until="2015-02-01T00:00:00Z"))
    page.get_by_role("link", name="Out of range only").click()
    expect(page).to_have_url(re.compile("flag=out"))
    expect(page.get_by_role("link", name="Out of range only")).to_have_attribute("aria-current", "true")


def test_the_long_list_is_read_on_while_it_scrolls(page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{PID}/results?view=list&group=laboratory")
    box = page.locator(".virtual")
    expect(box.locator("tbody tr[data-index]").first).to_be_visible()
    page.wait_for_function(
        """() => {
          const box = document.querySelector(".virtual");
          box.scrollTo(0, box.scrollHeight);
          return box.querySelector("table").getAttribute("aria-rowcount") === "708";
        }""",
        timeout=30_000,
    )
    assert box.locator("tbody tr[data-index]").count() < 80


def test_F1_vital_signs_tell_their_age_and_growth_says_that_no_curves_are_drawn(page: Page, signed_in: SignIn) -> None:
    signed_in(f"/patients/{CHILD}/vitals")
    expect(page.locator("#newest")).to_contain_text("16 kg")
    expect(page.locator("#newest")).to_contain_text("ago")
    growth = page.locator("#growth")
    expect(growth).to_contain_text("No reference curves are drawn")
    expect(growth.locator("svg[role=slider]")).to_contain_text("Age")
    growth.locator("[role=slider]").focus()
    page.keyboard.press("Home")
    expect(growth.locator("[role=slider]")).to_have_attribute("aria-valuetext", re.compile("01-Jun-2021 .*4w 3d"))


def test_G2_blood_pressure_is_a_bar_with_ends(page: Page, signed_in: SignIn, charts: Server) -> None:
    signed_in("/patients/north-p0002/vitals")
    expect(page.locator("figure").first.locator("path.bar").first).to_be_visible()
    expect(page.locator("figure").first).to_contain_text("systolic above, diastolic below")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "path",
    [over_time("2345-7"), f"/patients/{PID}/results?until=2022-12-01T00:00:00Z", f"/patients/{PID}/results?view=list",
     f"/patients/{CHILD}/vitals"],
)  # fmt: skip
def test_results_and_vitals_are_accessible_and_fit(page: Page, signed_in: SignIn, path: str, width: int, theme: Any) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 844})
    signed_in(path)
    expect(page.locator("figure svg[role=slider], .panel-table, .virtual td").first).to_be_visible()
    for summary in page.locator("figure summary").all():
        summary.click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
