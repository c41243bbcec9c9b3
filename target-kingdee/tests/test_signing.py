import base64

import pytest
from target_kingdee.api.signing import Identity, client_credentials, login_signature, signed_headers, signed_path

SERVICE = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService"
SITE = "http://sandbox.example:8080/k3cloud/"
APP_ID = "200001_c2FuZGJveC1jbGllbnQtc2VjcmV0LTAx"
SECRET = "0123456789abcdef0123456789abcdef"
ACCT = "5f3a0000000001"


def url(operation: str, site: str = SITE) -> str:
    return f"{site}{SERVICE}.{operation}.common.kdsvc"


VECTORS = {
    "plain ASCII": (
        Identity(ACCT, "demo.user", APP_ID, SECRET),
        url("ExecuteBillQuery"),
        1735700000,
        "ODM4ZWI0N2JkN2YzNzVlODUzZjRkZjNiZTYzOGM5ZDA4ODUxMmNlMThmOGJmNzUyMDVhZGNjODE0NTk4OTY0Mg==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDIwNTIsMA==",
        "YmNkZTE3ODQ5ZDQ1ODkzN2I2OGU4NTIyMzQ0NDNhZDg2ZDkzNWQzOTJkODAyOGI2YzIwNWMzYzNhOTcwNGVhZQ==",
    ),
    "Chinese user, organisation set": (
        Identity(ACCT, "演示用户", APP_ID, SECRET, org_num="100"),
        url("Save"),
        1735700001,
        "ODcyZTcwNDkwNWYwYzJmMDNjZDVlMDI4NGY2MjFhYjAyNTdkYmY0N2U5MmY2NTc0ODI5ZmViY2I5NzVlNjU0Zg==",
        "NWYzYTAwMDAwMDAwMDEs5ryU56S655So5oi3LDIwNTIsMTAw",
        "NjY2NzRmOWNhYmQ2ZTE0OThjZmFkYTUzNGI0ZWE3YTlkNTFhNzIwYjgwMzdkYjE5ZDhjNDQ3Mjk4NWZmOTVkNw==",
    ),
    "no client id, another language": (
        Identity(ACCT, "demo.user", "200001c2FuZGJveC1jbGllbnQtc2VjcmV0LTAx", SECRET, lcid=1033),
        url("BatchSave"),
        1735700002,
        "MDRkNTg3MmM1ZGY2MWU3NDE0OTJkMTVjNDg2YzAwNGU0YTljNTZhMjlhZTEyNmU1YmQ1NDA5ZDQ5ZDFmYzE3OQ==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDEwMzMsMA==",
        "MWE0ZjEwZTgyYmE3Yzg2NGFhOWQzMzA1ZTU0YTI4MmUyZWQ2ODhiNGUzYzI2YmU0ZWY1MWU4MDg0Njk0MjU2YQ==",
    ),
    "gateway": (
        Identity(ACCT, "demo.user", "200002_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f", "f" * 32),
        url("View", "https://api.kingdee.com/galaxyapi/"),
        1735700003,
        "MTIxMTQ1ODJmMDc3ODY3ZTk2MWNmMzRhZjk2NTQ5NzRkZjRiNDAzYzQzMDE3NzRlYTkyMDc2OWEzY2YxMmFlNw==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDIwNTIsMA==",
        "NGVmNDcxMzJhMzQ4YmY5MjQ5MWRjNWE4N2ZjNjNlNTE4MzkyMzZmNzAxZTE4NmUwNDY0ZGYxZjIxMTE3NmRkMw==",
    ),
    "Chinese and a space in the virtual directory": (
        Identity(ACCT, "demo.user", APP_ID, SECRET),
        url("Audit", "http://sandbox.example:8080/星空 test/"),
        1735700004,
        "Zjg5ZjQ4OWNhNDNmYjIzNjliYmRjZWVmOTlhMmE3ZGQ0YjRhOTJhMDEzZjRmM2M1M2Y3YzM3MzhkNGY2MDEyMA==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDIwNTIsMA==",
        "YmNkZTE3ODQ5ZDQ1ODkzN2I2OGU4NTIyMzQ0NDNhZDg2ZDkzNWQzOTJkODAyOGI2YzIwNWMzYzNhOTcwNGVhZQ==",
    ),
    "masked part of the wrong length, comma in the user name": (
        Identity(ACCT, "demo,user", "200001_short", SECRET),
        url("Delete"),
        1735700005,
        "YWYyNzM3MTAwNTY5M2U4ZjA4ZWVlNTE5ZWYwMjA5YTNhMTJmNzRkYmZkNzdjZTY0OTNkNjFkNzUxMmE2YzIzNg==",
        "NWYzYTAwMDAwMDAwMDEsZGVtbyx1c2VyLDIwNTIsMA==",
        "NmVjNjJjOTg1OGY0NTM0ZGNiNjEyNWE4Y2IwMzUzNDljOWYxYWVmYmVlZTZjZTBiYmRiN2Y1NzM1MTFhZWZhMA==",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_headers_are_those_of_the_vendors_client(name):
    identity, target, timestamp, api_signature, app_data, identity_signature = VECTORS[name]

    headers = signed_headers(identity, target, timestamp)

    assert headers["X-Api-Signature"] == api_signature
    assert headers["X-Kd-Appdata"] == app_data
    assert headers["X-Kd-Signature"] == identity_signature
    assert headers["X-Kd-Appkey"] == identity.app_id
    assert headers["x-api-timestamp"] == headers["x-api-nonce"] == str(timestamp)
    assert len(headers) == 9


@pytest.mark.parametrize(
    ("app_id", "expected"),
    [
        (APP_ID, ("200001", "Q1FbUARcQRoAWltWWkcaSwdTSwYVGlQC")),
        ("200002_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f", ("200002", "+Pn//6r+9/iz5+Dg4Obh77rp47i96rrs")),
        ("no-underscore", ("", "")),
        ("a_b_c", ("", "")),
        ("200001_short", ("200001", "")),
        ("200001_" + "A" * 31 + "=", ("200001", "")),
    ],
)
def test_the_client_secret_is_unmasked_from_the_app_id(app_id, expected):
    assert client_credentials(app_id) == expected


def test_the_path_begins_after_the_host_and_its_slashes_are_encoded():
    assert signed_path("https://a.b/k3cloud/X.common.kdsvc") == "%2Fk3cloud%2FX.common.kdsvc"


def test_another_nonce_changes_only_the_call_signature():
    identity, target, timestamp, *_ = VECTORS["plain ASCII"]

    ours, theirs = signed_headers(identity, target, timestamp), signed_headers(identity, target, timestamp, "guid")

    assert ours["X-Api-Signature"] != theirs["X-Api-Signature"]
    assert ours["X-Kd-Signature"] == theirs["X-Kd-Signature"]
    assert base64.b64decode(theirs["X-Api-Signature"]).decode().islower()


def test_login_by_sign_sorts_the_values_as_text():
    identity = Identity(ACCT, "演示用户", APP_ID, SECRET)

    assert login_signature(identity, 1735700000) == "07cedb44ab2cc1649d2dfe4034626383b0e2bd8c206d296b385d5af219b3cacb"
