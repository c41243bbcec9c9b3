"""BatchSave: every document on its own, in one answer (vendor contract 8.4)."""

import pytest


def by_index(result):
    errors = {}
    for error in result["ResponseStatus"]["Errors"]:
        errors.setdefault(error["DIndex"], []).append(error["FieldName"])
    saved = {entity["DIndex"]: entity["Number"] for entity in result["ResponseStatus"]["SuccessEntitys"]}
    return saved, errors


def test_all_good_documents_are_saved(galaxy, outstock, held):
    models = [outstock() for _ in range(5)]
    result = galaxy.batch(models)
    saved, errors = by_index(result)
    assert saved == {at: model["FBillNo"] for at, model in enumerate(models)}
    assert not errors
    assert result["ResponseStatus"]["IsSuccess"] is True
    assert result["NeedReturnData"] == [{}] * 5
    assert "Id" not in result
    assert "Number" not in result
    assert all(held(model["FBillNo"])["FDocumentStatus"] == "A" for model in models)


def test_a_mixed_result_fails_although_the_good_ones_are_saved(galaxy, outstock, held):
    taken = outstock()
    galaxy.save(taken)
    models = [taken, outstock(), outstock(FCustomerID=None, FEntity=None), outstock()]
    result = galaxy.batch(models, NeedReturnFields=["FBillNo"])
    status = result["ResponseStatus"]
    saved, errors = by_index(result)
    assert (status["IsSuccess"], status["ErrorCode"], status["MsgCode"]) == (False, 500, 0)
    assert result["NeedReturnData"] == []
    assert saved == {1: models[1]["FBillNo"], 3: models[3]["FBillNo"]}
    assert errors == {0: ["FBillNo"], 2: ["FCustomerID", "FEntity"]}
    assert held(models[1]["FBillNo"]) is not None
    assert held(models[2]["FBillNo"]) is None


def test_when_all_fail_nothing_is_saved(galaxy, outstock, held):
    models = [outstock(FCustomerID=None) for _ in range(3)]
    result = galaxy.batch(models)
    assert result["ResponseStatus"]["SuccessEntitys"] == []
    assert result["ResponseStatus"]["MsgCode"] == 11
    assert by_index(result)[1] == {at: ["FCustomerID"] for at in range(3)}
    assert all(held(model["FBillNo"]) is None for model in models)


def test_a_number_twice_in_one_batch_is_saved_once(galaxy, outstock):
    model = outstock()
    saved, errors = by_index(galaxy.batch([model, {**model, "FNote": "x"}]))
    assert saved == {0: model["FBillNo"]}
    assert errors == {1: ["FBillNo"]}


def test_a_number_is_free_when_the_document_that_had_it_failed(galaxy, outstock):
    model = outstock()
    saved, errors = by_index(galaxy.batch([{**model, "FDate": "gestern"}, model]))
    assert saved == {1: model["FBillNo"]}
    assert errors == {0: ["FDate", "FDate"]}


def test_inserts_and_updates_go_together(galaxy, outstock, held):
    first = outstock()
    key = galaxy.save(first)["Id"]
    saved, _errors = by_index(galaxy.batch([{"FID": key, "FNote": "neu"}, outstock()]))
    assert saved[0] == first["FBillNo"]
    assert held(first["FBillNo"])["FNote"] == "neu"


@pytest.mark.parametrize("junk", [None, 5, "x", []])
def test_what_is_no_document_fails_alone(galaxy, outstock, junk):
    good = outstock()
    saved, errors = by_index(galaxy.batch([junk, good]))
    assert saved == {1: good["FBillNo"]}
    assert list(errors) == [0]


def test_server_threads_mix_up_the_order_of_the_lists(galaxy, outstock):
    models = [outstock() for _ in range(6)]
    status = galaxy.batch(models, BatchCount=2)["ResponseStatus"]
    order = [entity["DIndex"] for entity in status["SuccessEntitys"]]
    assert order != sorted(order)
    assert sorted(order) == list(range(6))
    assert [entity["Number"] for entity in status["SuccessEntitys"]] == [models[at]["FBillNo"] for at in order]


def test_few_documents_need_no_threads(galaxy, outstock):
    status = galaxy.batch([outstock(), outstock()], BatchCount="5")["ResponseStatus"]
    assert [entity["DIndex"] for entity in status["SuccessEntitys"]] == [0, 1]


def test_a_hundred_documents_are_audited_at_once(galaxy, outstock, new_number):
    prefix = new_number()
    models = [outstock(f"{prefix}-{at:03d}", lines=9, F_USQR_TEXT=prefix) for at in range(100)]
    result = galaxy.batch(
        models, IsVerifyBaseDataField=True, IsAutoSubmitAndAudit=True, NeedReturnFields=["FEntity.FEntryID"]
    )
    assert len(result["ResponseStatus"]["SuccessEntitys"]) == 100
    entry_ids = [line["FEntryID"] for document in result["NeedReturnData"] for line in document["FEntity"]]
    assert len(set(entry_ids)) == 900
    rows = galaxy.query("SAL_OUTSTOCK", "FID,FDocumentStatus", f"F_USQR_TEXT='{prefix}'")
    assert [row[1] for row in rows] == ["C"] * 100


def test_an_asynchronous_batch_is_polled_until_it_is_complete(galaxy, outstock, held, settings):
    settings(async_polls=2)
    model = outstock()
    further = {"beginmethod": "BeginQueryImpl", "querymethod": "QueryAsyncResult"}
    begun = galaxy.call("BatchSave", "SAL_OUTSTOCK", {"Model": [model]}, **further)
    assert begun["Status"] == 0
    ask = {"queryInfo": f'{{"TaskId": "{begun["TaskId"]}", "Cancelled": false}}'}
    polls = [galaxy.post("QueryAsyncResult", ask).json() for _ in range(2)]
    assert [poll["Status"] for poll in polls] == [1, 2]
    assert polls[1]["Result"]["Result"]["ResponseStatus"]["SuccessEntitys"][0]["Number"] == model["FBillNo"]
    assert held(model["FBillNo"]) is not None
    gone = galaxy.post("QueryAsyncResult", ask).json()
    assert gone["Result"]["ResponseStatus"]["IsSuccess"] is False


def test_an_asynchronous_call_may_be_complete_at_once(galaxy, outstock):
    further = {"beginmethod": "BeginQueryImpl", "querymethod": "QueryAsyncResult"}
    begun = galaxy.call("BatchSave", "SAL_OUTSTOCK", {"Model": [outstock()]}, **further)
    assert begun["Status"] == 2
    assert begun["Result"]["Result"]["ResponseStatus"]["IsSuccess"] is True
