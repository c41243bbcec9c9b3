"""What goes wrong is mended where it can be, and said in one sentence where it cannot."""

import pytest
from erp_sdk.command import SetupError
from singer_sdk.exceptions import FatalAPIError

AUTHS = ["password", "app_secret", "signed"]


def one_sentence(run, code=1):
    """The command's last word: one line on stderr, no traceback, no record after the error."""
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("tap-kingdee: ")
    return last


@pytest.mark.parametrize("auth", AUTHS)
def test_a_session_that_is_lost_is_opened_again(tap, faults, auth):
    whole = tap("sale_orders", auth=auth).records("sale_orders")
    faults(kind="session_lost", nth=3)

    assert tap("sale_orders", auth=auth, page_size=40).records("sale_orders") == whole


@pytest.mark.parametrize("auth", AUTHS)
def test_a_session_that_is_lost_at_once_again_is_a_matter_of_credentials(tap, faults, auth):
    faults(kind="session_lost", every=1)

    with pytest.raises(FatalAPIError, match="does not accept 演示用户"):
        tap("sale_orders", auth=auth)


@pytest.mark.parametrize("kind", ["throttle", "http_500", "http_502", "reset_before", "reset_after", "garbage", "html"])
def test_a_passing_trouble_is_waited_out(tap, faults, kind):
    whole = tap("sale_orders").records("sale_orders")
    faults(kind=kind, nth=2)

    assert tap("sale_orders", page_size=40).records("sale_orders") == whole


def test_an_answer_that_does_not_come_is_asked_for_again(tap, faults):
    whole = tap("stocks").records("stocks")
    faults(kind="timeout_before", nth=2, seconds=5)

    assert tap("stocks", request_timeout=1).records("stocks") == whole


def test_a_trouble_that_does_not_pass_ends_the_run(tap, faults):
    faults(kind="http_502", every=1)

    with pytest.raises(Exception, match="HTTP 502"):
        tap("stocks", max_tries=2)


@pytest.mark.parametrize(
    ("auth", "setting", "named"),
    [
        ("password", "password", "password"),
        ("app_secret", "app_secret", "app_secret"),
        ("signed", "app_secret", "app_secret"),
    ],
)
def test_a_wrong_secret_is_told_without_being_shown(tap, tmp_path, auth, setting, named):
    run = tap.command(tmp_path, auth=auth, **{setting: "wrong-secret-0123456789abcdef"})

    sentence = one_sentence(run)
    assert named in sentence
    assert "演示用户" in sentence
    assert "wrong-secret" not in run.stderr + run.stdout


@pytest.mark.parametrize("auth", AUTHS)
def test_an_unknown_data_centre_is_told(tap, auth):
    with pytest.raises(FatalAPIError, match="acct_id"):
        tap("stocks", auth=auth, acct_id="5f3a0000000099")


@pytest.mark.parametrize("auth", AUTHS)
def test_an_unreachable_host_is_told_soon(tap, auth):
    with pytest.raises(FatalAPIError, match=r"http://127\.0\.0\.1:9/k3cloud/.* cannot be reached"):
        tap("stocks", auth=auth, base_url="http://127.0.0.1:9/k3cloud/")


@pytest.mark.parametrize("auth", AUTHS)
def test_an_address_that_is_no_kingdee_is_told(tap, erp_sandbox, auth):
    with pytest.raises(FatalAPIError, match="base_url"):
        tap("stocks", auth=auth, base_url=f"{erp_sandbox.url}/elsewhere/")


@pytest.mark.parametrize(
    ("auth", "missing"), [("password", "password"), ("app_secret", "app_secret"), ("signed", "app_id")]
)
def test_a_setting_that_the_auth_needs_is_asked_for(tap, auth, missing):
    with pytest.raises(SetupError, match=f"auth is {auth}, which needs the setting {missing}"):
        tap("stocks", auth=auth, **{missing: ""})


def test_a_missing_required_setting_is_asked_for(tap, tmp_path):
    assert "acct_id" in one_sentence(tap.command(tmp_path, acct_id=None), code=2)


def test_a_filter_for_an_unknown_stream_is_told(tap):
    with pytest.raises(SetupError, match=r"filters names stock; the streams are .*stocks"):
        tap("stocks", filters={"stock": "FNumber='CK01'"})


def test_a_filter_that_kingdee_cannot_read_is_told(tap):
    with pytest.raises(FatalAPIError, match="filters"):
        tap("stocks", filters={"stocks": "FNumber === 'CK01'"})


def test_a_field_that_this_kingdee_does_not_have_is_named(tap):
    def add(entry):
        entry["schema"]["properties"]["F_ora_Nothing"] = {"type": ["string", "null"]}

    with pytest.raises(FatalAPIError, match=r"BD_STOCK has no field F_ora_Nothing.*deselect that field"):
        tap("stocks", changes=add)


def test_a_start_date_that_is_no_date_is_told(tap):
    with pytest.raises(SetupError, match="start_date"):
        tap("stocks", start_date="yesterday")


def test_a_page_without_room_for_two_rows_is_refused(tap):
    with pytest.raises(SetupError, match="page_size is 1"):
        tap("stocks", page_size=1)
