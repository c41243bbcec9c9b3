"""One YAML file as a typed model: what goes from a stream into a Kingdee form. Expressions stay text here."""

from mapper_kd.mapping.fields import FIELD_KEYS, REFERENCE_KEYS
from mapper_kd.mapping.model import (
    DEAD_LETTER,
    DEFAULT,
    NULL,
    SKIP_LINE,
    SKIP_RECORD,
    BaseData,
    Body,
    Case,
    Documents,
    Field,
    Let,
    LineList,
    Mapping,
    Rounding,
    Value,
)
from mapper_kd.mapping.reading import SCHEME_SUFFIX, TOP_KEYS, mapping_name, mapping_of, read_mapping
from mapper_kd.mapping.sections import BASE_DATA_KEYS, DOCUMENTS_KEYS, LIST_KEYS
from mapper_kd.mapping.values import CASE_KEYS
from mapper_kd.tables import TABLE_KEYS, TableSpec

__all__ = [
    "BASE_DATA_KEYS",
    "CASE_KEYS",
    "DEAD_LETTER",
    "DEFAULT",
    "DOCUMENTS_KEYS",
    "FIELD_KEYS",
    "LIST_KEYS",
    "NULL",
    "REFERENCE_KEYS",
    "SCHEME_SUFFIX",
    "SKIP_LINE",
    "SKIP_RECORD",
    "TABLE_KEYS",
    "TOP_KEYS",
    "BaseData",
    "Body",
    "Case",
    "Documents",
    "Field",
    "Let",
    "LineList",
    "Mapping",
    "Rounding",
    "TableSpec",
    "Value",
    "mapping_name",
    "mapping_of",
    "read_mapping",
]
