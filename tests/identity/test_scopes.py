"""From SMART scopes to the rules that the database enforces."""

import pytest

from ehr_app.errors import BadRequest
from ehr_app.identity.scopes import parsed, rules
from ehr_app.standards.r4 import RTYPES


def test_everything_of_the_system() -> None:
    assert rules(parsed("system/*.cruds")) == [{"types": ["*"], "verbs": "rw"}]


def test_one_type_to_read_and_one_to_write() -> None:
    made = rules(parsed("patient/Observation.rs  user/Encounter.c"))
    assert made == [{"types": [RTYPES["Observation"]], "verbs": "r"}, {"types": [RTYPES["Encounter"]], "verbs": "w"}]


def test_version_1_forms_are_read() -> None:
    assert rules(parsed("user/*.read")) == [{"types": ["*"], "verbs": "r"}]
    assert rules(parsed("user/*.write")) == [{"types": ["*"], "verbs": "w"}]


@pytest.mark.parametrize(
    "text", ["", "openid", "system/*.", "system/Nothing.r", "system/*.sr", "system/Observation.rs?category=x", "*/*.*"]
)
def test_what_cannot_be_honoured_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        parsed(text)
