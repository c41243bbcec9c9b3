"""Where forms' metadata lies: one file a form, in the folders of the setting ``forms``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mapper_kd.form_fields import UnknownForm
from mapper_kd.forms.metadata import FormMetadata, read_form_metadata
from mapper_kd.forms.rules import KnownForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mapper_kd.form_fields import FormFields
    from mapper_kd.scope import Code, Names


class FormFolders:
    """The forms of some folders, each read when it is first asked for.

    Args:
        folders: ``FORM.json`` is looked for in each; a later folder wins. One that is not there has no forms.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = folders
        self._known: dict[str, FormMetadata | None] = {}

    def add(self, given: Iterable[FormMetadata]) -> None:
        """Take metadata that comes from elsewhere; it wins over the folders."""
        self._known |= {one.form: one for one in given}

    def metadata(self, form: str) -> FormMetadata | None:
        """Return what is known of a form.

        Raises:
            SetupError: Its file is none.
        """
        if form not in self._known:
            files = [folder / f"{form}.json" for folder in self._folders if _is_name(form)]
            found = [file for file in files if file.is_file()]
            self._known[form] = read_form_metadata(found[-1]) if found else None
        return self._known[form]

    def known(self, form: str) -> KnownForm | None:
        """Return the rules of a form's fields; None when nothing is known of it.

        Raises:
            SetupError: Its file is none.
        """
        metadata = self.metadata(form)
        return None if metadata is None else KnownForm(metadata)

    def any(self) -> FormFields:
        """Return the rules of all forms: paths begin with the form, as in ``BD_MATERIAL.FNumber``."""
        return _AnyForm(self)


class _AnyForm:
    """The forms of a section ``base_data:``, as one."""

    def __init__(self, folders: FormFolders) -> None:
        self._folders = folders
        self._known: dict[str, FormFields] = {}

    def fit(self, path: str, code: Code, names: Names) -> Code:
        """As `FormFields.fit`."""
        form, _, below = path.partition(".")
        return self._form(form).fit(below, code, names)

    def complete(self, path: str, code: Code, names: Names) -> Code:
        """As `FormFields.complete`."""
        form, _, below = path.partition(".")
        return self._form(form).complete(below, code, names)

    def describe(self, path: str, schema: dict[str, Any]) -> dict[str, Any]:
        """As `FormFields.describe`."""
        form, _, below = path.partition(".")
        return self._form(form).describe(below, schema)

    def demands(self, path: str) -> bool:
        """As `FormFields.demands`."""
        form, _, below = path.partition(".")
        return self._form(form).demands(below)

    def _form(self, form: str) -> FormFields:
        if form not in self._known:
            self._known[form] = self._folders.known(form) or UnknownForm()
        return self._known[form]


def _is_name(form: str) -> bool:
    return form.replace("_", "").isalnum()
