"""An item belongs to the patient of its page, or to nobody.

Row-level security hides other patients' rows from a record that is opened for one; this looks again at what the item itself says.
"""

from ehr_app.errors import WrongPatient
from ehr_app.ui.clinic.item_view import relative
from ehr_app.ui.format.text import Json, part

OWNERS = ("subject", "patient", "beneficiary")


def belongs_to(resource: Json, pid: str) -> None:
    """Pass for an item of this patient or of nobody. Raises WrongPatient."""
    if resource.get("resourceType") == "Patient" and resource.get("id") != pid:
        raise WrongPatient("an item belongs to another patient than its page")
    for key in OWNERS:
        place = relative(part(resource, key).get("reference"))
        if place.startswith("Patient/") and place != f"Patient/{pid}":
            raise WrongPatient("an item belongs to another patient than its page")
