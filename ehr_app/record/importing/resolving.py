"""What the references of one entry mean: addresses within the import, resources of an earlier import, search criteria."""

from urllib.parse import parse_qsl

from ehr_app.errors import EhrError, Unavailable
from ehr_app.record import references
from ehr_app.record.door import Record
from ehr_app.record.ids import uid
from ehr_app.record.importing import linking
from ehr_app.record.importing.outcome import Item
from ehr_app.record.importing.scratch import Addresses
from ehr_app.standards.r4 import RTYPES

UUID_ADDRESS = "urn:uuid:"
NAMED = """select u.n::int from unnest($2::smallint[], $3::uuid[]) with ordinality u(rtype, id, n)
 join ehr.resource r on r.facility = $1 and r.rtype = u.rtype and r.id = u.id limit 2"""
MOST_REMEMBERED = 20_000


class Resolver:
    """Rewrites references; remembers what it found during one run."""

    def __init__(self, addresses: Addresses) -> None:
        """Shape: the addresses that the run's own entries go by."""
        self._addresses = addresses
        self._found: dict[str, str | None] = {}

    async def link(self, record: Record, item: Item) -> tuple[bytes, set[str]]:
        """Return the entry's text with its references rewritten, and every local target or open question it still names."""
        raw = item.raw or b""
        citations: set[str] = set()
        known: dict[str, str] = {}
        for literal in linking.literals(raw):
            place = None
            if linking.is_address(literal):
                place = self._addresses.place(item.file, literal)
                if place is None and literal.startswith(UUID_ADDRESS):
                    place = await self._remembered(record, literal)
            elif linking.is_criteria(literal):
                place = await self._remembered(record, literal)
            if place is not None:
                known[literal] = place
                citations.add(place)
            elif references.target(literal) is not None:
                citations.add(literal.partition("/_history/")[0])
            elif literal.startswith(UUID_ADDRESS) or linking.is_criteria(literal):
                citations.add(literal)
        return (linking.rewrite(raw, known.get) if known else raw), citations

    async def _remembered(self, record: Record, literal: str) -> str | None:
        if literal not in self._found:
            if len(self._found) >= MOST_REMEMBERED:
                self._found.clear()
            ask = self._imported_before if literal.startswith(UUID_ADDRESS) else self._matching
            self._found[literal] = await ask(record, literal)
        return self._found[literal]

    async def _imported_before(self, record: Record, literal: str) -> str | None:
        """An entry without an id of its own got the uuid of its address: exactly one such resource is meant."""
        fhir_id = literal.removeprefix(UUID_ADDRESS)
        keys = [uid(record.facility_number, rtype, fhir_id) for rtype in RTYPES]
        rows = await record.rows(NAMED, record.facility_number, list(RTYPES.values()), keys)
        return f"{list(RTYPES)[rows[0]['n'] - 1]}/{fhir_id}" if len(rows) == 1 else None

    async def _matching(self, record: Record, literal: str) -> str | None:
        found = await self._matches(record, literal)
        return found[0] if len(found) == 1 else None

    async def _matches(self, record: Record, literal: str) -> list[str]:
        """The places that search criteria find, at most two."""
        rtype, _, criteria = literal.partition("?")
        if rtype not in RTYPES:
            return []
        try:
            page = await record.search(rtype, [*parse_qsl(criteria, keep_blank_values=True), ("_count", "2")])
        except Unavailable:
            raise
        except EhrError:  # criteria that no search understands: the reference stays and is listed
            return []
        return [f"{rtype}/{one.id}" for one in page.matches]
