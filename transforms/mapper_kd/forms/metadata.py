"""A form's metadata, read from a file: what ``target-kingdee form`` writes, or a saved answer of QueryBusinessInfo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from erp_sdk.command import SetupError
from erp_sdk.messages import decode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAD = "FBillHead"
REFERENCE, TEXT, ENUM, INTEGER, DECIMAL, DATE, UNKNOWN = (
    "reference",
    "text",
    "enumeration",
    "whole number",
    "number",
    "date",
    "unknown",
)

# The types of the database behind a field (FieldType). One character (175) is a checkbox or a status, and which of them
# the metadata does not say; so it is unknown here, like everything that is not in the table.
_KINDS = dict.fromkeys((231, 239, 167, 35, 99), TEXT)
_KINDS |= dict.fromkeys((56, 127, 52, 48), INTEGER)
_KINDS |= dict.fromkeys((106, 108, 60), DECIMAL)
_KINDS |= dict.fromkeys((61, 58, 40, 42), DATE)
_CHINESE = 2052


@dataclass(frozen=True)
class FormField:
    """A field (字段).

    Attributes:
        kind: One of the kinds above.
        mandatory: Whether the page demands it (必录).
        reference: The form it refers to; empty for a plain field.
        length: Characters that a text holds, as Kingdee counts them; 0 when it is not said.
        precision: Digits of a number; 0 when it is not said.
        scale: How many of them stand after the point.
        values: The codes of an enumeration with their titles.
    """

    key: str
    title: str = ""
    kind: str = UNKNOWN
    mandatory: bool = False
    reference: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.key} {self.title}".strip()


@dataclass(frozen=True)
class FormMetadata:
    """A form (业务对象).

    Attributes:
        entities: Fields by entity (``FBillHead``, ``FEntity`` …) and key.
        file: Where it was read.
    """

    form: str
    entities: Mapping[str, Mapping[str, FormField]]
    file: str = ""

    def field(self, path: str) -> FormField | None:
        """Return the field that a path such as ``FEntity.FMaterialID.FNumber`` writes; None when it is not known."""
        fields = self.entities.get(HEAD, {})
        for key in path.split("."):
            if key in self.entities:
                fields = self.entities[key]
            else:
                return fields.get(key)
        return None


def read_form_metadata(path: Path) -> FormMetadata:
    """Read a form's file.

    Raises:
        SetupError: The file is none.
    """
    try:
        content = decode(path.read_bytes())
        info = content["Result"]["NeedReturnData"] if "Result" in content else content
        entities = {
            str(entry["Key"]): {str(one["Key"]): _field(one) for one in entry.get("Fields") or ()}
            for entry in info["Entrys"]
        }
        form = str(info["Id"])
    except OSError as error:
        raise SetupError(f"the form metadata {path.as_posix()} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise SetupError(
            f"{path.as_posix()} is no answer of Kingdee's QueryBusinessInfo (查询单据元数据); "
            "fetch it with target-kingdee form."
        ) from None
    return FormMetadata(form, entities, path.as_posix())


def _field(part: dict[str, Any]) -> FormField:
    reference = str(part.get("LookUpObjectFormId") or "").strip()
    values = _values(part)
    kind = REFERENCE if reference else ENUM if values else _KINDS.get(_whole(part, "FieldType"), UNKNOWN)
    return FormField(
        key=str(part["Key"]),
        title=_title(part.get("Name")),
        kind=kind,
        mandatory=str(part.get("MustInput") or 0).lower() in {"1", "true"},
        reference=reference,
        length=_whole(part, "Length") if kind == TEXT else 0,
        precision=_whole(part, "Precision") if kind == DECIMAL else 0,
        scale=_whole(part, "Scale") if kind == DECIMAL else 0,
        values=values,
    )


def _whole(part: dict[str, Any], name: str) -> int:
    value = part.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _values(part: dict[str, Any]) -> dict[str, str]:
    listed = part.get("Extends")
    items = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {str(one["Value"]): _title(one.get("Caption")) for one in items if one.get("Value") is not None}


def _title(name: Any) -> str:
    """Return a title that is a text, or a list of texts in several languages."""
    if isinstance(name, list):
        texts = {one.get("Key"): one.get("Value") for one in name if isinstance(one, dict)}
        name = texts.get(_CHINESE) or next(iter(texts.values()), "")
    return str(name or "").strip()
