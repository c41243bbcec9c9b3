"""How forms are read: page after page by primary key, within a window of change times (contract 6, 8.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from erp_sdk.calls import PageRequest
from erp_sdk.command import SetupError
from erp_sdk.stream import Batch, FullTableStream, WindowedStream, WindowRead
from erp_sdk.times import now, parse_time, vendor_text
from erp_sdk.windows import SECOND, Window, cut
from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.exceptions import FatalAPIError

from tap_kingdee.client import GalaxyStream, nearest
from tap_kingdee.documents import Fields, Layout, WrongCellError
from tap_kingdee.keyset import After, Walk, Within, WrongOrderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from erp_sdk.schemas import Row as Record
    from singer_sdk.helpers import types

    from tap_kingdee.client import Body
    from tap_kingdee.documents import Row

SCHEMAS = Path(__file__).with_name("schemas")
CHANGED, CREATED = "FModifyDate", "FCreateDate"
_SMALLEST_PAGE = 2
_MOST_CELLS = 200_000
_FIRST_DAY = "1900-01-01"


class FormStream(GalaxyStream):
    """A form 业务对象, read by primary key.

    Attributes:
        entry: The property that holds the lines 分录; None for a form that is read without lines.
        sub_heads: Properties that are 1:1 sub-heads 子单据头.
        organization_fields: The fields that name a row's organisation, for the setting organizations; none: the form's
            rows belong to no organisation.
        flat: Whether each line is a record of its own.
        condition: A FilterString of its own, besides that of the setting filters.
        text_key: Whether the primary key is the text of a GUID.
        has_creation_time: Whether the form has FCreateDate, though the schema may not.
    """

    service = "ExecuteBillQuery"
    path = service
    largest_page = 2000  # the most that every build gives; newer ones trim at 10000 (contract 6.1)
    version_key = CHANGED
    schema: ClassVar[Any] = StreamSchema(SchemaDirectory(SCHEMAS))

    entry: str | None = None
    sub_heads: frozenset[str] = frozenset()
    organization_fields: tuple[str, ...] = ()
    flat = False
    condition = ""
    text_key = False
    has_creation_time = False

    _longest = 0  # rows of the longest page so far; see `keyset`

    @classmethod
    def endpoint_name(cls) -> str:
        """Return what is called: the service and the form."""
        return f"ExecuteBillQuery {cls.form}"

    @property
    def page_size(self) -> int:
        """Rows a query; a document may have more lines than that. Wide rows come in smaller pages.

        Raises:
            SetupError: It is too small to tell a document's last page from its others.
        """
        size = int(self.config.get("page_size") or min(self.largest_page, _MOST_CELLS // len(self.layout.columns)))
        if size < _SMALLEST_PAGE:
            raise SetupError(f"page_size is {size}; a page must have room for at least {_SMALLEST_PAGE} rows.")
        return size

    @cached_property
    def layout(self) -> Layout:
        """The query's columns: what the catalog has and selects, fields of the tenant's own included."""
        needed = (self.replication_key,) if self.replication_key else ()
        offered = dict(self.effective_schema.get("properties", {}))
        for name in (*self._keys, *needed):
            offered.setdefault(name, self.schema["properties"][name])
        fields = Fields(
            {"properties": offered},
            primary_key=self._keys[0],
            needed=needed,
            entry=self.entry,
            flat=self.flat,
            sub_heads=self.sub_heads,
            stand_ins={CHANGED: CREATED},
        )
        return fields.layout(lambda crumb: self.mask[crumb])

    @cached_property
    def narrowing(self) -> str:
        """The conditions that hold for every query: the stream's filters and the organisations asked for."""
        conditions = [self.condition, self.config["filters"].get(self.name), self._of_organizations()]
        return " and ".join(f"({text})" for text in conditions if text)

    def _of_organizations(self) -> str:
        wanted = self.config["organizations"]
        if not wanted:
            return ""
        if not self.organization_fields:
            self.log("%s has no organisation that the setting organizations could narrow it to", self.form)
            return ""
        codes = ",".join(map(quoted, wanted))
        return " or ".join(f"{field}.FNumber in ({codes})" for field in self.organization_fields)

    def query(self, condition: str, *, fields: str, order: str, limit: int) -> bytes:
        """Return the answer of one ExecuteBillQuery, its rows not decoded yet."""
        asked = {
            "FormId": self.form,
            "FieldKeys": fields,
            "FilterString": condition,
            "OrderString": order,
            "TopRowCount": 0,
            "StartRow": 0,
            "Limit": limit,
        }
        return cast("Body", self.ask(PageRequest(asked, 0, with_total=False))).content

    def narrowed(self, condition: str) -> str:
        """Return a condition with those that hold for every query."""
        return " and ".join(filter(None, (self.narrowing, f"({condition})" if condition else "")))

    @property
    def known_as(self) -> str:
        """What the file of known keys calls this stream's documents."""
        return f"{self.config['base_url'].rstrip('/')} {self.config['acct_id']} {self.form}"

    def about_field(self, field: str) -> str:
        """Say where a field that the form does not have was asked for, and which one is near."""
        asked = field in self.layout.field_keys.split(",")
        remedy = "deselect that field in the catalog" if asked else "correct the filter that names it"
        known = self.tap.form_keys(self.form)
        name, _, of_it = field.partition(".")
        if of_it and name in known:
            refers = f"what {name} of this Kingdee's {self.form} refers to"
            return f"{refers} has no {of_it} (usual are FNumber and FName); {remedy}"
        return f"this Kingdee's {self.form} has no field {field}{nearest(field, known)}; {remedy}"

    # Documents.

    def documents(self, condition: str = "") -> Iterator[list[Record]]:
        """Yield the documents that match a condition, page by page, whole."""
        layout, key, line = self.layout, self._keys[0], self.layout.entry_key
        walk = Walk(
            line=layout.position(line) if line else None,
            version=layout.position(self.replication_key) if self.replication_key else None,
            longest=self._longest,
            page=After("" if self.text_key else 0),
        )
        order = ",".join(f"{name} ASC" for name in (key, line) if name)
        try:
            while walk.page is not None:
                content = self.query(
                    self._page_condition(walk.page, condition),
                    fields=layout.field_keys,
                    order=order,
                    limit=self.page_size,
                )
                documents = walk.accept(layout.rows(content))
                records = layout.records(documents)
                self.tap.note_known(self, [document[0][0] for document in documents])
                yield records
        except WrongCellError as error:
            raise FatalAPIError(
                f"{self.name}: {error}; deselect that field in the catalog (or give its type in the setting forms), "
                "and report it."
            ) from None
        except WrongOrderError as error:
            raise FatalAPIError(
                f"{self.name}: {self.vendor} answered {self.form} out of order: {error}; a page might miss "
                "documents, so nothing more is read."
            ) from None
        self._longest = max(self._longest, walk.longest)
        if walk.dropped:
            self.log("%s were edited while they were read; the next run reads them", walk.dropped)

    def _page_condition(self, page: After | Within, condition: str) -> str:
        key, line = self._keys[0], self.layout.entry_key
        value = quoted(page.key) if self.text_key else page.key
        if isinstance(page, Within):
            return self.narrowed(f"{key}={value} and {line}>={page.line}")
        return self.narrowed(" and ".join(filter(None, (f"{key}>{value}", condition))))


class WholeForm(FormStream, FullTableStream):
    """A form without a change time: all of it, each time."""

    def sources(self, context: types.Context | None) -> Iterable[Callable[[], Iterator[Batch]]]:
        """Return the form as one source."""
        del context
        return (self.documents,)


class ChangingForm(FormStream, WindowedStream):
    """A form whose rows carry a change time, FModifyDate 最后修改日期 unless said otherwise: what has changed since.

    A run reads up to the newest change that Kingdee holds when it starts, among the rows that the filters let through.
    That bound comes from the site's own clock, so a wrong clock here cannot skip changes; and a document that is edited
    during the run is left for the next one.
    """

    replication_key = CHANGED
    changed_by = CHANGED
    longest_window = timedelta(days=30)  # the vendor has no limit; this is how far a stopped backfill has to go back

    def sources(self, context: types.Context | None) -> Iterator[Callable[[], Iterator[Batch]]]:
        """Yield one source a window, oldest first, from bookmark or start_date, else from the oldest change."""
        newest = max(self._edges("DESC"), default=None)
        if newest is None:
            self.log("Nothing to read; rows that the integration user's data rights hide are not told either")
            return
        asked = self.config.get("window_minutes")
        span = self.longest_window if asked is None else timedelta(minutes=float(asked))
        since = self._since(context)
        end = min(newest, self.tap.moment("end_date", end_of_day=True) or newest)
        start = since
        if start is None or end - start > span:  # no empty windows before the oldest change
            oldest = min(self._edges("ASC"), default=end)
            start = oldest if start is None else max(start, oldest)
        self.log("Reading %s in windows of %s", Window(start, end), span)
        for window in cut(start, end, span):
            condition = changed_within(since, window.end, field=self.changed_by, stand_in=self.stand_in)
            yield partial(self._read, window, condition)
            since = window.end + SECOND

    @property
    def stand_in(self) -> str | None:
        """What tells of a change where the change time is not set; None when nothing does."""
        is_there = self.has_creation_time or CREATED in self.schema["properties"]
        return CREATED if self.changed_by == CHANGED and is_there else None

    def _since(self, context: types.Context | None) -> datetime | None:
        """Return the moment to read from; None means everything."""
        begin = self.get_starting_timestamp(context)
        if begin is None:
            return None
        reread = begin - timedelta(minutes=float(self.config["lookback_minutes"]))
        return max(reread, self.tap.moment("start_date") or reread)

    def _read(self, window: Window, condition: str) -> Iterator[Batch]:
        yield from self.documents(condition)
        yield WindowRead(window)

    def _edges(self, direction: str) -> Iterator[datetime]:
        """Yield the oldest or newest change time, and that of what stands in where there is none.

        None is later than tomorrow, which only bad data can have.
        """
        tomorrow = vendor_text(now() + timedelta(days=1))
        for field, where in ((self.changed_by, ""), (self.stand_in, f"{self.changed_by} is null and ")):
            if field is None:
                continue
            condition = self.narrowed(f"{where}{field}>='{_FIRST_DAY}' and {field}<'{tomorrow}'")
            layout = Fields({"properties": {field: {"type": "string"}}}, primary_key=field).layout()
            rows: list[Row] = layout.rows(self.query(condition, fields=field, order=f"{field} {direction}", limit=1))
            if rows and (moment := parse_time(rows[0][0])) is not None:
                yield moment


def quoted(text: object) -> str:
    """Return a text as a filter writes it."""
    return "'{}'".format(str(text).replace("'", "''"))


def changed_within(
    start: datetime | None, end: datetime, *, field: str = CHANGED, stand_in: str | None = CREATED
) -> str:
    """Return the filter for rows changed from ``start`` to ``end``, both seconds included; None: from the beginning.

    Imported rows may have no change time; their creation time stands in for it (contract 6.3). Rows without a time
    come with those from the beginning, unless it is another time than that of changes.
    """
    before = f"<'{vendor_text(end + SECOND)}'"
    if start is None:
        if stand_in is None:  # a document that is not audited has no FApproveDate, and is none to read
            return f"({field}{before} or {field} is null)" if field == CHANGED else f"{field}{before}"
        return f"({field}{before} or ({field} is null and ({stand_in}{before} or {stand_in} is null)))"
    since = f">='{vendor_text(start)}'"
    changed = f"{field}{since} and {field}{before}"
    if stand_in is None:
        return f"({changed})"
    created = f"{stand_in}{since} and {stand_in}{before}"
    return f"(({changed}) or ({field} is null and {created}))"
