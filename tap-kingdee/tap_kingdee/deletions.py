"""Documents that are gone: Kingdee deletes without a trace, so all primary keys are compared (contract 6.2).

A sweep asks a form for its keys alone, without the stream's filters, in keyset pages. Known keys (`known_ids`) that it
did not meet are asked for once more by name; those that are not there then are told. They are told again in the next
run, unless its bookmark shows that they got through.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from erp_sdk.messages import encode
from erp_sdk.schemas import Row as Record
from erp_sdk.stream import Batch, WindowedStream, WindowRead
from erp_sdk.times import now, rfc3339
from erp_sdk.windows import SECOND, Window
from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.exceptions import FatalAPIError

from tap_kingdee.client import GalaxyStream
from tap_kingdee.documents import Fields
from tap_kingdee.keyset import After, Walk
from tap_kingdee.reading import SCHEMAS, FormStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from singer_sdk.helpers import types

    from tap_kingdee.known_ids import KnownIds
    from tap_kingdee.tap import TapKingdee

_FEW = 100


class Deletions(GalaxyStream, WindowedStream):
    """已删除单据: documents and base data that are no longer there, of the streams that the setting sweep names."""

    name = "deletions"
    primary_keys: ClassVar[tuple[str, ...]] = ("stream", "key")
    replication_key = "deleted_at"
    schema: ClassVar[Any] = StreamSchema(SchemaDirectory(SCHEMAS))
    service = "ExecuteBillQuery"
    path = service
    form = "all forms"
    longest_window = timedelta(days=1)

    def __init__(self, tap: TapKingdee, swept: Sequence[FormStream], known: KnownIds) -> None:
        super().__init__(tap=tap)
        self._swept = swept
        self._known = known

    @classmethod
    def endpoint_name(cls) -> str:
        """Return what is called."""
        return "ExecuteBillQuery, primary keys alone"

    def sources(self, context: types.Context | None) -> Iterable[Callable[[], Iterator[Batch]]]:
        """Return one source: the bookmark may move when all forms have been swept."""
        bookmark = self._bookmark(context)
        moment = now().replace(microsecond=0)
        if bookmark is not None and moment <= bookmark:
            moment = bookmark + SECOND  # a moment tells which run it was
        return (lambda: self._sweep_all(bookmark, moment),)

    def _sweep_all(self, bookmark: datetime | None, moment: datetime) -> Iterator[Batch]:
        known = self._known
        for stream in self._swept:
            name = stream.known_as
            if bookmark is not None:
                known.forget_told(name, rfc3339(bookmark))
            self._sweep(stream, known, rfc3339(moment))
            for found_at, keys in known.each_gone(name):
                yield [self._row(stream, key, found_at) for key in keys]
        yield WindowRead(Window(moment, moment))

    @staticmethod
    def _row(stream: FormStream, key: int, found_at: str) -> Record:
        row = {"stream": stream.name, "form": stream.form, "key": key, "deleted_at": found_at}
        return Record((stream.name, key), None, msgspec.Raw(encode(row)))

    def _sweep(self, stream: FormStream, known: KnownIds, moment: str) -> None:
        name, held = stream.known_as, known.begin_sweep(stream.known_as)
        met = 0
        for keys in self._keys_of(stream):
            known.note(name, keys)
            met += len(keys)
        missing = known.missing(name)
        limit = float(self.config["sweep_limit_percent"])
        # A user who has lost a right to a form sees an empty one, and no answer says so.
        if missing * 100 > held * limit and (missing > _FEW or not met):
            raise FatalAPIError(
                f"deletions: {missing} of {held} known {stream.form} are not there any more, which looks as if the "
                "integration user 集成用户 had lost rights to see them; if they have really been deleted, raise "
                "sweep_limit_percent for one run."
            )
        gone = 0
        for keys in known.each_missing(name):
            there = self._still_there(stream, keys)
            known.note(name, there)
            gone_now = sorted(set(keys) - there)
            known.mark_gone(name, gone_now, moment)
            gone += len(gone_now)
        self.log("%s: %d there, %d deleted since the last sweep", stream.form, met, gone)

    def _keys_of(self, stream: FormStream) -> Iterator[list[int]]:
        key = stream.primary_keys[0]
        layout = Fields({"properties": {key: {"type": "integer"}}}, primary_key=key).layout()
        size = int(self.config.get("page_size") or stream.largest_page)
        walk = Walk()
        while isinstance(walk.page, After):
            content = stream.query(f"{key}>{walk.page.key}", fields=key, order=f"{key} ASC", limit=size)
            yield [document[0][0] for document in walk.accept(layout.rows(content))]

    @staticmethod
    def _still_there(stream: FormStream, keys: Sequence[int]) -> set[int]:
        """Return those of the keys that are there; the others were asked for until an answer had none of them."""
        key = stream.primary_keys[0]
        layout = Fields({"properties": {key: {"type": "integer"}}}, primary_key=key).layout()
        there: set[int] = set()
        while left := [one for one in keys if one not in there]:
            condition = f"{key} in ({','.join(map(str, left))})"
            content = stream.query(condition, fields=key, order=f"{key} ASC", limit=stream.largest_page)
            found = {row[0] for row in layout.rows(content)} & set(left)
            if not found:
                break
            there |= found  # the vendor may have trimmed the answer to a ceiling of its own
        return there
