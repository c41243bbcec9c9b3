import logging

import click
import pytest
import requests
from erp_sdk.command import SetupError, UserError, run
from erp_sdk.redaction import OneLineFilter, protect, protect_settings, redact
from singer_sdk.exceptions import ConfigValidationError, FatalAPIError

SECRET = "9f86d081884c7d65:salt-of-the-key"


def leave(error):
    @click.command()
    def command():
        raise error

    with pytest.raises(SystemExit) as leaving:
        run(command, name="tap-example", args=[])
    return leaving.value.code


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (UserError("the vendor refused the signature."), 1, "the vendor refused the signature."),
        (SetupError("the mapping names no form."), 2, "the mapping names no form."),
        (ConfigValidationError("x", errors=["'appkey' is a required property in config"]), 2, "'appkey' is a required"),
        (FatalAPIError("the window is too long."), 1, "the window is too long."),
        (requests.ConnectionError("dns"), 1, "cannot be reached"),
        (requests.exceptions.InvalidSchema("no adapters for 'erp.example/do'"), 1, "base_url is no address"),
        (requests.ReadTimeout("slow"), 1, "did not answer in time"),
        (click.UsageError("no such option: --colour"), 2, "no such option"),
        (ZeroDivisionError("division by zero"), 1, "unexpected ZeroDivisionError"),
        (SystemExit(143), 143, ""),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_every_error_is_one_sentence_and_an_exit_code(error, code, says, capsys):
    assert leave(error) == code

    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 1


def test_a_secret_in_an_error_is_hidden(capsys):
    protect_settings({"appsecret": SECRET}, {"properties": {"appsecret": {"secret": True}}})

    leave(UserError(f"the vendor says: bad sign with {SECRET} and 9f86d081884c7d65"))

    said = capsys.readouterr().err
    assert "9f86d081884c7d65" not in said
    assert "***" in said


def test_a_secret_is_hidden_in_urls_too():
    protect(["pass word/1+2"])

    assert redact("GET /login?password=pass%20word/1%2B2&x=1") == "GET /login?password=***&x=1"
    assert redact("password=pass+word%2F1%2B2") == "password=***"


def test_of_a_database_url_only_the_whole_and_the_password_are_hidden():
    protect(["postgresql://ledger:p4ssw0rd@db.example/books", "sqlite:////srv/ledger.sqlite"])

    assert redact("postgresql://ledger:p4ssw0rd@db.example/books and p4ssw0rd") == "*** and ***"
    assert redact("ledger.sqlite is no postgresql ledger of db.example") == (
        "ledger.sqlite is no postgresql ledger of db.example"
    )


def test_log_lines_lose_tracebacks_unless_asked_for():
    record = logging.LogRecord(
        "x", logging.ERROR, __file__, 1, "failed: %s", ("why",), (ValueError, ValueError(), None)
    )

    OneLineFilter(tracebacks=False).filter(record)
    assert record.exc_info is None
    assert record.getMessage() == "failed: why"
