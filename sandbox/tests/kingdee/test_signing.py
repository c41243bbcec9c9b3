"""The worked vectors of the vendor contract, on the server's own signing code."""

import pytest
from erp_sandbox.kingdee import signing

DFS = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
APP_A = "200001_c2FuZGJveC1jbGllbnQtc2VjcmV0LTAx"
APP_NO_UNDERSCORE = "200001c2FuZGJveC1jbGllbnQtc2VjcmV0LTAx"
APP_GATEWAY = "200002_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f"
SECRET = "0123456789abcdef0123456789abcdef"
ACCT = "5f3a0000000001"

VECTORS = {
    "plain ASCII": (
        APP_A, SECRET, "demo.user", "2052", "0", f"/k3cloud/{DFS}ExecuteBillQuery.common.kdsvc", "1735700000",
        "ODM4ZWI0N2JkN2YzNzVlODUzZjRkZjNiZTYzOGM5ZDA4ODUxMmNlMThmOGJmNzUyMDVhZGNjODE0NTk4OTY0Mg==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDIwNTIsMA==",
        "YmNkZTE3ODQ5ZDQ1ODkzN2I2OGU4NTIyMzQ0NDNhZDg2ZDkzNWQzOTJkODAyOGI2YzIwNWMzYzNhOTcwNGVhZQ==",
    ),
    "Chinese user, organisation set": (
        APP_A, SECRET, "演示用户", "2052", "100", f"/k3cloud/{DFS}Save.common.kdsvc", "1735700001",
        "ODcyZTcwNDkwNWYwYzJmMDNjZDVlMDI4NGY2MjFhYjAyNTdkYmY0N2U5MmY2NTc0ODI5ZmViY2I5NzVlNjU0Zg==",
        "NWYzYTAwMDAwMDAwMDEs5ryU56S655So5oi3LDIwNTIsMTAw",
        "NjY2NzRmOWNhYmQ2ZTE0OThjZmFkYTUzNGI0ZWE3YTlkNTFhNzIwYjgwMzdkYjE5ZDhjNDQ3Mjk4NWZmOTVkNw==",
    ),
    "empty client id and secret": (
        APP_NO_UNDERSCORE, SECRET, "demo.user", "1033", "0", f"/k3cloud/{DFS}BatchSave.common.kdsvc", "1735700002",
        "MDRkNTg3MmM1ZGY2MWU3NDE0OTJkMTVjNDg2YzAwNGU0YTljNTZhMjlhZTEyNmU1YmQ1NDA5ZDQ5ZDFmYzE3OQ==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDEwMzMsMA==",
        "MWE0ZjEwZTgyYmE3Yzg2NGFhOWQzMzA1ZTU0YTI4MmUyZWQ2ODhiNGUzYzI2YmU0ZWY1MWU4MDg0Njk0MjU2YQ==",
    ),
    "gateway": (
        APP_GATEWAY, "f" * 32, "demo.user", "2052", "0", f"/galaxyapi/{DFS}View.common.kdsvc", "1735700003",
        "MTIxMTQ1ODJmMDc3ODY3ZTk2MWNmMzRhZjk2NTQ5NzRkZjRiNDAzYzQzMDE3NzRlYTkyMDc2OWEzY2YxMmFlNw==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDIwNTIsMA==",
        "NGVmNDcxMzJhMzQ4YmY5MjQ5MWRjNWE4N2ZjNjNlNTE4MzkyMzZmNzAxZTE4NmUwNDY0ZGYxZjIxMTE3NmRkMw==",
    ),
    "Chinese and a blank in the virtual directory": (
        APP_A, SECRET, "demo.user", "2052", "0", f"/星空 test/{DFS}Audit.common.kdsvc", "1735700004",
        "Zjg5ZjQ4OWNhNDNmYjIzNjliYmRjZWVmOTlhMmE3ZGQ0YjRhOTJhMDEzZjRmM2M1M2Y3YzM3MzhkNGY2MDEyMA==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDIwNTIsMA==",
        "YmNkZTE3ODQ5ZDQ1ODkzN2I2OGU4NTIyMzQ0NDNhZDg2ZDkzNWQzOTJkODAyOGI2YzIwNWMzYzNhOTcwNGVhZQ==",
    ),
    "masked part too short, comma in the user name": (
        "200001_short", SECRET, "demo,user", "2052", "0", f"/k3cloud/{DFS}Delete.common.kdsvc", "1735700005",
        "YWYyNzM3MTAwNTY5M2U4ZjA4ZWVlNTE5ZWYwMjA5YTNhMTJmNzRkYmZkNzdjZTY0OTNkNjFkNzUxMmE2YzIzNg==",
        "NWYzYTAwMDAwMDAwMDEsZGVtbyx1c2VyLDIwNTIsMA==",
        "NmVjNjJjOTg1OGY0NTM0ZGNiNjEyNWE4Y2IwMzUzNDljOWYxYWVmYmVlZTZjZTBiYmRiN2Y1NzM1MTFhZWZhMA==",
    ),
}  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_a_worked_vector_signs_as_the_contract_says(vector):
    app_id, app_secret, user, lcid, org, path, moment, api_signature, app_data, kd_signature = vector
    _client_id, client_secret = signing.unmask(app_id)
    assert signing.sign(client_secret, signing.api_text(path, moment, moment)) == api_signature
    identity = signing.AppData.from_header(app_data)
    assert identity == signing.AppData(ACCT, user, lcid, org)
    assert signing.sign(app_secret, f"{app_id}{identity}") == kd_signature


@pytest.mark.parametrize(
    ("app_id", "unmasked"),
    [
        (APP_A, ("200001", "Q1FbUARcQRoAWltWWkcaSwdTSwYVGlQC")),
        (APP_GATEWAY, ("200002", "+Pn//6r+9/iz5+Dg4Obh77rp47i96rrs")),
        (APP_NO_UNDERSCORE, ("", "")),
        ("a_b_c", ("", "")),
        ("200001_short", ("200001", "")),
        ("200001_c2FuZGJveC1jbGllbnQtc2VjcmV0LT==", ("200001", "")),
        ("200001_星" + "A" * 31, ("200001", "")),
    ],
)
def test_a_client_secret_comes_out_of_its_mask(app_id, unmasked):
    assert signing.unmask(app_id) == unmasked


def test_masking_is_the_way_back():
    assert signing.unmask(f"1_{signing.mask(b'sandbox-client-secret-01')}")[1] == "c2FuZGJveC1jbGllbnQtc2VjcmV0LTAx"


def test_the_signed_login_signs_its_sorted_parts():
    sign = signing.login_sign(ACCT, "演示用户", APP_A, SECRET, "1735700000")
    assert sign == "07cedb44ab2cc1649d2dfe4034626383b0e2bd8c206d296b385d5af219b3cacb"


@pytest.mark.parametrize("header", ["", "no base64!", "/////w==", "YSxi"])
def test_app_data_that_is_none_is_no_identity(header):
    assert signing.AppData.from_header(header) is None
