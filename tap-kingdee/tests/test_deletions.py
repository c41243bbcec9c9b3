"""Documents that vanish from Kingdee are told, once the target has had a chance to know them."""

import pytest
from erp_sdk.command import SetupError
from singer_sdk.exceptions import FatalAPIError
from tap_kingdee.deletions import Deletions


@pytest.fixture
def swept(tmp_path):
    """Settings of a flow that looks for deleted outbounds."""
    return {"sweep": ["outstocks"], "known_ids_path": str(tmp_path / "state" / "known.sqlite")}


def delete(erp_sandbox, form, *keys):
    numbers = [document["FBillNo"] for document in erp_sandbox.show("kingdee", form) if document["FID"] in keys]
    erp_sandbox.post("kingdee/delete-documents", {"form": form, "numbers": numbers})


def told(reading):
    return [(row["stream"], row["form"], row["key"]) for row in reading.records("deletions")]


def test_a_deleted_document_is_told_until_the_bookmark_shows_that_it_got_through(tap, bookkeeper, erp_sandbox, swept):
    old, kept = bookkeeper.save_outstocks(1, 1)
    first = tap("outstocks", "deletions", **swept)
    assert told(first) == []
    (new,) = bookkeeper.save_outstocks(2)
    second = tap("outstocks", "deletions", state=first.states[-1], **swept)
    assert told(second) == []
    delete(erp_sandbox, "SAL_OUTSTOCK", old, new)

    third = tap("outstocks", "deletions", state=second.states[-1], page_size=2, **swept)
    again = tap("outstocks", "deletions", state=second.states[-1], **swept)
    after = tap("outstocks", "deletions", state=again.states[-1], **swept)

    gone = [("outstocks", "SAL_OUTSTOCK", key) for key in sorted((old, new))]
    assert told(third) == gone
    assert told(again) == gone  # the state of the third run was lost
    assert told(after) == []
    assert kept not in {key for _, _, key in told(third)}
    assert third.bookmark("deletions") == third.records("deletions")[0]["deleted_at"]


def test_what_is_read_and_deleted_before_any_sweep_has_met_it_is_told(tap, bookkeeper, erp_sandbox, swept):
    first = tap("outstocks", "deletions", **swept)
    (short_lived,) = bookkeeper.save_outstocks(1)
    # Only this run reads it, and it does not sweep: the stream deletions is not selected.
    second = tap("outstocks", state=first.states[-1], **swept)
    assert short_lived in {document["FID"] for document in second.records("outstocks")}
    delete(erp_sandbox, "SAL_OUTSTOCK", short_lived)

    third = tap("outstocks", "deletions", state=second.states[-1], **swept)

    assert told(third) == [("outstocks", "SAL_OUTSTOCK", short_lived)]


def test_a_document_that_leaves_the_filter_is_not_deleted(tap, bookkeeper, swept):
    (fid,) = bookkeeper.save_outstocks(1, FNote="neu")
    first = tap("outstocks", "deletions", filters={"outstocks": "FNote='neu'"}, **swept)
    assert [document["FID"] for document in first.records("outstocks")] == [fid]
    bookkeeper.call("Save", "SAL_OUTSTOCK", {"Model": {"FID": fid, "FNote": "alt"}, "IsDeleteEntry": False})

    second = tap("outstocks", "deletions", state=first.states[-1], filters={"outstocks": "FNote='neu'"}, **swept)

    assert told(second) == []


@pytest.mark.parametrize(("stream", "form"), [("materials", "BD_MATERIAL"), ("stocks", "BD_STOCK")])
def test_rights_that_are_lost_are_not_taken_for_deletions(tap, erp_sandbox, tmp_path, stream, form):
    """A form that the user may not see looks empty, whether it holds thousands or five."""
    settings = {"sweep": [stream], "known_ids_path": str(tmp_path / "known.sqlite")}
    tap("deletions", **settings)
    erp_sandbox.post("kingdee/settings", {"no_permission": [form]})
    try:
        with pytest.raises(FatalAPIError, match="had lost rights"):
            tap("deletions", **settings)
    finally:
        erp_sandbox.post("kingdee/reset-settings")

    assert told(tap("deletions", **settings)) == []


def test_keys_that_a_sweep_did_not_meet_are_asked_for_until_none_comes(tap, erp_sandbox, tmp_path, monkeypatch):
    """A sweep cut short, and a ceiling below the number of keys asked for by name."""
    settings = {"sweep": ["materials"], "known_ids_path": str(tmp_path / "known.sqlite"), "sweep_limit_percent": 100}
    tap("deletions", **settings)
    monkeypatch.setattr(Deletions, "_keys_of", lambda *_: iter(()))
    erp_sandbox.post("kingdee/settings", {"query_ceiling": 300})
    try:
        assert told(tap("deletions", **settings)) == []
    finally:
        erp_sandbox.post("kingdee/reset-settings")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sweep": ["outstocks"]}, "needs known_ids_path"),
        ({"sweep": ["outstock"], "known_ids_path": "x"}, "sweep names outstock; the streams are"),
        ({"sweep": ["inventory"], "known_ids_path": "x"}, "sweep names inventory"),
        ({"sweep": ["outstocks"], "known_ids_path": "/dev/null/x"}, "cannot be used"),
    ],
)
def test_a_sweep_that_cannot_be_made_is_told(tap, settings, said):
    with pytest.raises(SetupError, match=said):
        tap("outstocks", **settings)
