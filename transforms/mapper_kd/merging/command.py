"""``mapper-kd merged``: which source records are in which merged document."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from erp_sdk.command import SetupError
from erp_sdk.messages import encode

from mapper_kd.cli.options import FILE, read_settings
from mapper_kd.merging.book import Book
from mapper_kd.merging.reading import documents_in, members_in
from mapper_kd.settings import merge_book_of, project_folder

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("number", required=False)
@click.option("--list", "lists", is_flag=True, help="List the merged documents instead, one a line.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each line.")
@click.option("--config", type=FILE, help="The mapper's configuration (JSON), for its settings.")
def merged(*, number: str | None, lists: bool, as_json: bool, config: Path | None) -> int:
    """Say which source records the merged document NUMBER is made of."""
    if bool(number) == lists:
        raise click.UsageError("name the number of a merged document, or write --list.")
    settings = {"merge_book": os.environ.get("MAPPER_KD_MERGE_BOOK")} | read_settings(config)
    book = Book(merge_book_of(settings), project_folder(), must_exist=True)
    try:
        if lists:
            _list(book, as_json=as_json)
        else:
            _show(book, number or "", as_json=as_json)
    finally:
        book.close()
    return 0


def _list(book: Book, *, as_json: bool) -> None:
    for one in documents_in(book):
        del one["place"]
        if as_json:
            _print(one)
            continue
        shown = ", ".join(one["numbers"]) or "(not made)"
        records = f"{one['members']} record{'s' if one['members'] > 1 else ''}"
        click.echo(f"{shown}  {one['form']}  {records}  {one['mapping']}  {one['sent_at'] or ''}".rstrip())


def _show(book: Book, number: str, *, as_json: bool) -> None:
    documents = list(documents_in(book, number))
    if not documents:
        raise SetupError(f"the merge book {book.database.shown} has no document {number}; --list shows what it has.")
    for document in documents:
        for key, is_astray in members_in(book, document["place"]):
            if as_json:
                _print({"mapping": document["mapping"], "form": document["form"], "key": key, "astray": is_astray})
            else:
                click.echo(f"{encode(key).decode()}{'  (belongs elsewhere by now)' if is_astray else ''}")


def _print(row: dict[str, Any]) -> None:
    click.echo(encode(row).decode())
