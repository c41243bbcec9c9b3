import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_kingdee.signing import Identity, signed_headers, unmask

SERVICE = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService"
SITE = "http://sandbox.example:8080/k3cloud/"
APP_ID = "200001_c2FuZGJveC1jbGllbnQtc2VjcmV0LTAx"
DEMO = Identity("5f3a0000000001", "demo.user", APP_ID, "0123456789abcdef0123456789abcdef")

# address, identity, time, X-Api-Signature, X-Kd-Appdata (None: not among the worked ones), X-Kd-Signature
VECTORS = {
    "V1 plain": (
        f"{SITE}{SERVICE}.ExecuteBillQuery.common.kdsvc",
        DEMO,
        1735700000,
        "ODM4ZWI0N2JkN2YzNzVlODUzZjRkZjNiZTYzOGM5ZDA4ODUxMmNlMThmOGJmNzUyMDVhZGNjODE0NTk4OTY0Mg==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDIwNTIsMA==",
        "YmNkZTE3ODQ5ZDQ1ODkzN2I2OGU4NTIyMzQ0NDNhZDg2ZDkzNWQzOTJkODAyOGI2YzIwNWMzYzNhOTcwNGVhZQ==",
    ),
    "V2 Chinese user, organisation": (
        f"{SITE}{SERVICE}.Save.common.kdsvc",
        replace(DEMO, username="演示用户", org_num="100"),
        1735700001,
        "ODcyZTcwNDkwNWYwYzJmMDNjZDVlMDI4NGY2MjFhYjAyNTdkYmY0N2U5MmY2NTc0ODI5ZmViY2I5NzVlNjU0Zg==",
        "NWYzYTAwMDAwMDAwMDEs5ryU56S655So5oi3LDIwNTIsMTAw",
        "NjY2NzRmOWNhYmQ2ZTE0OThjZmFkYTUzNGI0ZWE3YTlkNTFhNzIwYjgwMzdkYjE5ZDhjNDQ3Mjk4NWZmOTVkNw==",
    ),
    "V3 application id without its parts": (
        f"{SITE}{SERVICE}.BatchSave.common.kdsvc",
        replace(DEMO, app_id="200001c2FuZGJveC1jbGllbnQtc2VjcmV0LTAx", lcid=1033),
        1735700002,
        "MDRkNTg3MmM1ZGY2MWU3NDE0OTJkMTVjNDg2YzAwNGU0YTljNTZhMjlhZTEyNmU1YmQ1NDA5ZDQ5ZDFmYzE3OQ==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDEwMzMsMA==",
        "MWE0ZjEwZTgyYmE3Yzg2NGFhOWQzMzA1ZTU0YTI4MmUyZWQ2ODhiNGUzYzI2YmU0ZWY1MWU4MDg0Njk0MjU2YQ==",
    ),
    "V4 gateway": (
        f"https://api.kingdee.com/galaxyapi/{SERVICE}.View.common.kdsvc",
        replace(DEMO, app_id="200002_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f", app_secret="f" * 32),
        1735700003,
        "MTIxMTQ1ODJmMDc3ODY3ZTk2MWNmMzRhZjk2NTQ5NzRkZjRiNDAzYzQzMDE3NzRlYTkyMDc2OWEzY2YxMmFlNw==",
        None,
        "NGVmNDcxMzJhMzQ4YmY5MjQ5MWRjNWE4N2ZjNjNlNTE4MzkyMzZmNzAxZTE4NmUwNDY0ZGYxZjIxMTE3NmRkMw==",
    ),
    "V5 Chinese and a space in the path": (
        f"http://sandbox.example:8080/星空 test/{SERVICE}.Audit.common.kdsvc",
        DEMO,
        1735700004,
        "Zjg5ZjQ4OWNhNDNmYjIzNjliYmRjZWVmOTlhMmE3ZGQ0YjRhOTJhMDEzZjRmM2M1M2Y3YzM3MzhkNGY2MDEyMA==",
        "NWYzYTAwMDAwMDAwMDEsZGVtby51c2VyLDIwNTIsMA==",
        "YmNkZTE3ODQ5ZDQ1ODkzN2I2OGU4NTIyMzQ0NDNhZDg2ZDkzNWQzOTJkODAyOGI2YzIwNWMzYzNhOTcwNGVhZQ==",
    ),
    "V6 short masked part, comma in the user": (
        f"{SITE}{SERVICE}.Delete.common.kdsvc",
        replace(DEMO, app_id="200001_short", username="demo,user"),
        1735700005,
        "YWYyNzM3MTAwNTY5M2U4ZjA4ZWVlNTE5ZWYwMjA5YTNhMTJmNzRkYmZkNzdjZTY0OTNkNjFkNzUxMmE2YzIzNg==",
        "NWYzYTAwMDAwMDAwMDEsZGVtbyx1c2VyLDIwNTIsMA==",
        "NmVjNjJjOTg1OGY0NTM0ZGNiNjEyNWE4Y2IwMzUzNDljOWYxYWVmYmVlZTZjZTBiYmRiN2Y1NzM1MTFhZWZhMA==",
    ),
}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_the_worked_vectors_of_the_vendor_contract(vector):
    url, identity, timestamp, api_signature, appdata, kd_signature = vector

    headers = signed_headers(url, identity, timestamp=timestamp, nonce=str(timestamp))

    assert headers["X-Api-Signature"] == api_signature
    assert headers["X-Kd-Signature"] == kd_signature
    assert headers["X-Kd-Appkey"] == identity.app_id
    assert appdata is None or headers["X-Kd-Appdata"] == appdata


@pytest.mark.parametrize(
    ("app_id", "expected"),
    [
        (APP_ID, ("200001", "Q1FbUARcQRoAWltWWkcaSwdTSwYVGlQC")),
        ("200002_yMnKy8zNzs/Q0dLT1NXW19jZ2tvc3d7f", ("200002", "+Pn//6r+9/iz5+Dg4Obh77rp47i96rrs")),
        ("200001", ("", "")),
        ("200001_a_b", ("", "")),
        ("200001_short", ("200001", "")),
        ("200001_c2FuZGJveC1jbGllbnQtc2VjcmV0LTA=", ("200001", "")),
        ("200001_c2FuZGJveC1jbGllbnQtc2VjcmV0LT中x", ("200001", "")),
    ],
)
def test_the_client_secret_is_read_out_of_the_application_id(app_id, expected):
    assert unmask(app_id) == expected


@given(st.binary(min_size=24, max_size=24))
def test_unmasking_twice_gives_the_masked_part_again(secret):
    masked = base64.b64encode(secret).decode()

    _, once = unmask(f"200001_{masked}")

    assert unmask(f"200001_{once}") == ("200001", masked)


@given(st.text(min_size=1), st.integers(min_value=0), st.text("0123456789abcdef", min_size=1))
def test_every_header_can_be_sent_whatever_the_user_is_called(username, timestamp, nonce):
    headers = signed_headers(f"{SITE}x", replace(DEMO, username=username), timestamp=timestamp, nonce=nonce)

    assert all(value.isascii() and "\n" not in value for value in headers.values())
    assert base64.b64decode(headers["X-Kd-Appdata"]).decode() == f"5f3a0000000001,{username},2052,0"


def test_time_and_nonce_sign_the_route_but_not_the_identity():
    earlier = signed_headers(f"{SITE}x", DEMO, timestamp=1735700000, nonce="a")
    later = signed_headers(f"{SITE}x", DEMO, timestamp=1735700060, nonce="b")

    assert earlier["X-Api-Signature"] != later["X-Api-Signature"]
    assert earlier["X-Kd-Signature"] == later["X-Kd-Signature"]
