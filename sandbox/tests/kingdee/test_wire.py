"""URLs and the four body encodings (vendor contract 2)."""

import json

import pytest
import requests

QUERY = {"FormId": "BD_Currency", "FieldKeys": "FNumber,FName", "FilterString": "FNumber='PRE001'"}
FOUND = [["PRE001", "人民币"]]
VIEWED = {"Number": "PRE001"}


def bodies():
    text = json.dumps(QUERY, ensure_ascii=False)
    return {
        "A": {"json": {"data": QUERY}},
        "B": {"json": {"data": text}},
        "C": {"data": {"data": text}},
        "D": {"json": {"parameters": [text]}},
        "D with its envelope": {
            "json": {
                "format": 1,
                "useragent": "ApiClient",
                "rid": "1",
                "parameters": json.dumps([text]),
                "timestamp": "2026-01-05 10:00:00",
                "v": "1.0",
            }
        },
        "upper-case argument": {"json": {"Data": QUERY}},
        "escaped Chinese": {"data": json.dumps({"DATA": json.dumps(QUERY)}), "headers": {"content-type": "text/json"}},
    }


@pytest.mark.parametrize("name", bodies())
def test_a_query_is_taken_in_each_encoding(galaxy, name):
    answer = galaxy.http.post(galaxy.url("ExecuteBillQuery"), timeout=30, **bodies()[name])
    assert answer.json() == FOUND


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"formid": "BD_Currency", "data": VIEWED}},
        {"json": {"FormId": "BD_Currency", "Data": json.dumps(VIEWED)}},
        {"data": {"formid": "BD_Currency", "data": json.dumps(VIEWED)}},
        {"json": {"parameters": ["BD_Currency", json.dumps(VIEWED)]}},
    ],
)
def test_a_form_and_its_data_are_taken_in_each_encoding(galaxy, body):
    answer = galaxy.http.post(galaxy.url("View"), timeout=30, **body).json()
    assert answer["Result"]["Result"]["Number"] == "PRE001"


def test_a_bare_array_is_refused(galaxy):
    answer = galaxy.post("ExecuteBillQuery", [json.dumps(QUERY)])
    assert answer.status_code == 500
    assert answer.text.startswith("Additional text found in JSON string")


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"17", b"[" * 100_000, b'{"parameters": 5}', b'{"parameters": "["}']
)
def test_what_is_no_json_object_is_refused(galaxy, body):
    answer = galaxy.http.post(
        galaxy.url("ExecuteBillQuery"), data=body, headers={"content-type": "application/json"}, timeout=30
    )
    assert answer.status_code == 500
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("data", ["{", "[1]", "17"])
def test_data_that_is_no_json_object_is_a_bad_parameter(galaxy, data):
    answer = galaxy.post("View", {"formid": "BD_Currency", "data": data}).json()
    assert answer["Result"]["ResponseStatus"]["MsgCode"] == 8


@pytest.mark.parametrize(
    ("directory", "service"),
    [
        ("k3cloud", "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.executebillquery.common.kdsvc"),
        ("K3Cloud", "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.ExecuteBillQuery.COMMON.kdsvc"),
        ("K3CLOUD", "kingdee.bos.webapi.servicesstub.dynamicformservice.EXECUTEBILLQUERY.common.kdsvc"),
    ],
)
def test_letter_case_of_a_url_does_not_matter(galaxy, erp_sandbox, directory, service):
    answer = galaxy.http.post(f"{erp_sandbox.url}/{directory}/{service}", json={"data": QUERY}, timeout=30)
    assert answer.json() == FOUND


def test_another_virtual_directory_is_a_setting(galaxy, erp_sandbox, settings):
    settings(virtual_directories=["星空 test"])
    service = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.ExecuteBillQuery.common.kdsvc"
    url = f"{erp_sandbox.url}/星空 test/{service}"
    signed = requests.post(url, json={"data": QUERY}, headers=galaxy.signed_headers(url), timeout=30)
    assert signed.json() == FOUND
    assert galaxy.post("ExecuteBillQuery", {"data": QUERY}).status_code == 404


def test_only_post_is_served(galaxy):
    assert galaxy.http.get(galaxy.url("ExecuteBillQuery"), timeout=30).status_code == 405


@pytest.mark.parametrize(
    "path", ["k3cloud/html5/index.aspx", "k3cloud/X.ExecuteBillQuery", "wrong/X.View.common.kdsvc"]
)
def test_a_wrong_url_gets_an_html_page(galaxy, erp_sandbox, path):
    answer = galaxy.http.post(f"{erp_sandbox.url}/{path}", json={}, timeout=30)
    assert answer.status_code == 404
    assert answer.text.startswith("<!DOCTYPE html>")


def test_an_unknown_service_answers_an_exception_as_text(galaxy):
    answer = galaxy.post("NoSuchService", {"data": {}})
    assert answer.status_code == 200
    assert answer.text.startswith("response_error:")


def test_flags_and_numbers_may_be_texts(galaxy, outstock, held, line):
    model = outstock(FEntity=[line(FIsFree="true", quantity="3"), line(1, FIsFree="False", quantity=4)])
    result = galaxy.save(model, IsVerifyBaseDataField="true", IsAutoSubmitAndAudit="TRUE")
    assert result["ResponseStatus"]["IsSuccess"] is True
    document = held(model["FBillNo"])
    assert document["FDocumentStatus"] == "C"
    assert [entry["FIsFree"] for entry in document["FEntity"]] == [True, False]


def test_chinese_arrives_escaped_or_not(galaxy, outstock, held):
    for ensure_ascii in (True, False):
        model = outstock(FNote="易碎品，轻拿轻放 ＆“引号” 𠮷")
        body = json.dumps({"formid": "SAL_OUTSTOCK", "data": {"Model": model}}, ensure_ascii=ensure_ascii)
        headers = {"content-type": "application/json"}
        galaxy.http.post(galaxy.url("Save"), data=body.encode(), headers=headers, timeout=30)
        assert held(model["FBillNo"])["FNote"] == "易碎品，轻拿轻放 ＆“引号” 𠮷"
