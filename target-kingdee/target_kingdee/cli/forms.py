"""A form's metadata as a file, for whoever writes mappings: `form`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from erp_sdk.command import SetupError, UserError

from target_kingdee.api.answers import Answer
from target_kingdee.api.galaxy import Galaxy
from target_kingdee.cli.opening import open_courier
from target_kingdee.form_file import form_file
from target_kingdee.forms import nearest_names

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command()
@click.argument("forms", nargs=-1, required=True)
@click.option(
    "--output-dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("transforms/forms"),
    show_default="transforms/forms",
    help="The folder for the files; mapper-kd looks there by its setting forms.",
)
@click.pass_obj
def form(config: Any, /, *, forms: Sequence[str], folder: Path) -> None:
    """Fetch the metadata of FORMS, with the account's own fields, as FORM.json (QueryBusinessInfo 查询单据元数据).

    mapper-kd holds mappings and their values against these files.
    """
    with open_courier(config) as (courier, settings):
        for name in forms:
            answer = courier.ask(partial(Galaxy.describe, form=name), settings.form(name).policy)
            if isinstance(answer, Answer):
                near = nearest_names(name)
                hint = f" Did you mean {' or '.join(near)}?" if near and name not in near else ""
                raise UserError(f"Kingdee does not show the form 业务对象 {name} ({answer.text}).{hint}")
            path = folder / f"{answer.get('Id') or name}.json"
            _write(path, form_file(answer))
            entities = answer.get("Entrys") or ()
            fields = sum(len(entity.get("Fields") or ()) for entity in entities)
            click.echo(f"{path.as_posix()}: {len(entities)} entities, {fields} fields")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SetupError(
            f"{path.as_posix()} cannot be written: {error.strerror}; choose another --output-dir."
        ) from None
