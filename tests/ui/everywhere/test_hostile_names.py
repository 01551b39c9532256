"""Names that are long, foreign or missing, and birth dates of other centuries: in the list, the palette, the banner, the print."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.server import Server
from tests.ui.everywhere.conftest import Enter
from tests.ui.everywhere.test_every_page import Visit

pytestmark = pytest.mark.browser
PEOPLE: dict[str, dict[str, Any]] = {
    "hostile-long": {"name": [{"family": "Wolfeschlegel" * 15, "given": ["Hubert"]}], "birthDate": "1890-01-02"},
    "hostile-arabic": {"name": [{"family": "العبدالله", "given": ["فاطمة"]}], "birthDate": "1999-12-31"},
    "hostile-cjk": {"name": [{"family": "東海林", "given": ["さくら"]}], "birthDate": "2099-01-01"},
    "hostile-thai": {"name": [{"family": "ศรีสุวรรณ", "given": ["กนกวรรณ"]}]},
    "hostile-none": {"birthDate": "1950"},
}


def test_B3_hostile_names_and_birth_dates_stand_right_everywhere(charts: Server, enter: Enter, visit: Visit) -> None:
    with charts.client("north", Authorization=f"Bearer {charts.token('north')}") as client:
        for pid, body in PEOPLE.items():
            answer = client.put(f"/fhir/R4/Patient/{pid}", json={"resourceType": "Patient", "id": pid, **body})
            assert answer.status_code in (200, 201), answer.text
    page = enter(320, 640)
    for pid, body in PEOPLE.items():
        visit(page, f"/patients/{pid}")
        heading = page.locator("[aria-label=Patient] h1 bdi")
        expect(heading).to_contain_text(body["name"][0]["given"][0] if "name" in body else "Name not known")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, pid
        assert "?" not in page.locator("[aria-label=Patient]").inner_text(), pid
        sheet = page.locator("style[media=print]").text_content() or ""
        assert (body["name"][0]["given"][0] if "name" in body else "Name not known") in sheet
    page.keyboard.press("Control+k")
    expect(page.locator("dialog[open] [aria-labelledby=palette-patients] [href*=hostile]")).to_have_count(len(PEOPLE))
    assert page.evaluate("document.querySelector('dialog[open]').scrollWidth <= 320")
    visit(page, "/patients")
    expect(page.locator("main a[href*=hostile]")).to_have_count(len(PEOPLE))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
