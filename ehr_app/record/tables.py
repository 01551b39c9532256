"""The record's tables as SQLModel classes: names, types and comments, for reports, tools and readers of the schema.

The migrations in `alembic/` create them, with indexes, policies and grants; `tests/laws` holds both against each other. The read
and write paths use plain SQL: an object per row would cost more than the whole request.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, JSON, BigInteger, Column, Float, Integer, LargeBinary, SmallInteger
from sqlmodel import Field, SQLModel


def _small(**options: bool) -> Column[int]:
    return Column(SmallInteger, nullable=False, **options)  # type: ignore[arg-type]


class Resource(SQLModel, table=True):
    """The current version of a resource; `content` is sealed, `patient` and `encounter` are keys, never names."""

    __tablename__ = "resource"
    __table_args__ = {"schema": "ehr"}

    facility: int = Field(sa_column=_small(primary_key=True))
    rtype: int = Field(sa_column=_small(primary_key=True))
    id: UUID = Field(primary_key=True)
    ver: int
    updated: datetime
    patient: UUID | None
    encounter: UUID | None
    class_: int = Field(sa_column=Column("class", Integer, nullable=False))
    date_lo: datetime | None
    date_hi: datetime | None
    code: int | None = Field(sa_column=Column(BigInteger))
    tokens: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    access: UUID
    content: bytes


class ResourceHistory(SQLModel, table=True):
    """A superseded version or a deletion (`verb` 1 created, 2 updated, 3 deleted); never changed."""

    __tablename__ = "resource_history"
    __table_args__ = {"schema": "ehr"}

    facility: int = Field(sa_column=_small(primary_key=True))
    rtype: int = Field(sa_column=_small(primary_key=True))
    id: UUID = Field(primary_key=True)
    ver: int = Field(primary_key=True)
    verb: int = Field(sa_column=_small())
    updated: datetime
    patient: UUID | None
    class_: int = Field(sa_column=Column("class", Integer, nullable=False))
    access: UUID
    content: bytes


class Equality(SQLModel, table=True):
    """A blind index entry: `h` is a keyed hash of type, parameter and value."""

    __tablename__ = "eq"
    __table_args__ = {"schema": "ehr"}

    h: int = Field(sa_column=Column(BigInteger, nullable=False, primary_key=True))
    date: datetime | None
    id: UUID = Field(primary_key=True)
    patient: UUID | None
    rtype: int = Field(sa_column=_small())
    sys: int = Field(sa_column=_small())
    class_: int = Field(sa_column=Column("class", Integer, nullable=False))
    facility: int = Field(sa_column=_small())


class Quantity(SQLModel, table=True):
    """A number or quantity of a resource under the hash of its parameter."""

    __tablename__ = "qty"
    __table_args__ = {"schema": "ehr"}

    h: int = Field(sa_column=Column(BigInteger, nullable=False, primary_key=True))
    val: float = Field(sa_column=Column(Float, nullable=False))
    date: datetime | None
    id: UUID = Field(primary_key=True)
    patient: UUID | None
    rtype: int = Field(sa_column=_small())
    class_: int = Field(sa_column=Column("class", Integer, nullable=False))
    facility: int = Field(sa_column=_small())


class Moment(SQLModel, table=True):
    """A date of a resource other than its main clinical one, as a half-open interval."""

    __tablename__ = "dat"
    __table_args__ = {"schema": "ehr"}

    h: int = Field(sa_column=Column(BigInteger, nullable=False, primary_key=True))
    lo: datetime
    hi: datetime
    id: UUID = Field(primary_key=True)
    patient: UUID | None
    rtype: int = Field(sa_column=_small())
    class_: int = Field(sa_column=Column("class", Integer, nullable=False))
    facility: int = Field(sa_column=_small())


class Outbox(SQLModel, table=True):
    """What changed, in the commit that changed it."""

    __tablename__ = "outbox"
    __table_args__ = {"schema": "ehr"}

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True))
    at: datetime
    facility: int = Field(sa_column=_small())
    rtype: int = Field(sa_column=_small())
    id: UUID
    ver: int
    verb: int = Field(sa_column=_small())
    patient: UUID | None
    class_: int = Field(sa_column=Column("class", Integer, nullable=False))


class DataKey(SQLModel, table=True):
    """A facility's data key, wrapped by the key file."""

    __tablename__ = "data_key"
    __table_args__ = {"schema": "ehr"}

    id: int = Field(sa_column=_small(primary_key=True))
    facility: int = Field(sa_column=_small())
    wrapped: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime
    retired_at: datetime | None


class ImportBatch(SQLModel, table=True):
    """One import: who, when, the sealed names of its files, its state and what its steps came to."""

    __tablename__ = "import_batch"
    __table_args__ = {"schema": "ehr"}

    id: UUID = Field(primary_key=True)
    facility: int = Field(sa_column=_small())
    account: UUID | None
    who: str
    began_at: datetime
    ended_at: datetime | None
    about: bytes
    counts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    state: str


class ImportPart(SQLModel, table=True):
    """One commit of a batch: the access that wrote its versions, between which times, of which types."""

    __tablename__ = "import_part"
    __table_args__ = {"schema": "ehr"}

    access: UUID = Field(primary_key=True)
    batch: UUID
    facility: int = Field(sa_column=_small())
    kind: str
    first: datetime
    last: datetime
    rtypes: list[int] = Field(sa_column=Column(ARRAY(SmallInteger), nullable=False))
    created: int
    updated: int
    deleted: int
