"""The way into every command: whatever goes wrong leaves as one sentence on stderr and an exit code, never a traceback.

Exit codes: 0 done, 1 the run failed, 2 wrong configuration or usage, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

import click
import requests
from singer_sdk.exceptions import ConfigurationError, ConfigValidationError, SingerSDKError
from singer_sdk.singerlib.exceptions import SingerError

from erp_sdk.redaction import OneLineFilter, redact

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED, MISUSED, INTERRUPTED, TERMINATED = 1, 2, 130, 143
_COLLECT_EVERY = 50_000
_HEARD_SECONDS = 0.5


class UserError(Exception):
    """Something a user can mend; its text is one sentence: what is wrong, where, and what to do."""

    exit_code = FAILED


class SetupError(UserError):
    """A wrong setting, mapping or command line, found before anything is read."""

    exit_code = MISUSED


def explain(error: BaseException) -> tuple[str, int]:
    """Return the sentence and the exit code for an error that ended a command."""
    code = error.exit_code if isinstance(error, UserError) else FAILED
    match error:
        case UserError() | SingerSDKError() | SingerError() if not isinstance(error, ConfigurationError):
            sentence = str(error)
        case ConfigValidationError():
            sentence = f"wrong configuration: {'; '.join(error.errors) or error}. See --about for the settings."
            code = MISUSED
        case ConfigurationError():
            sentence, code = f"wrong configuration: {error}", MISUSED
        case click.ClickException():
            sentence, code = f"{error.format_message()} See --help.", MISUSED
        case requests.RequestException():
            sentence = _explain_transport(error)
        case BrokenPipeError():
            sentence = "the next process of the pipe is gone; its own message says why."
        case _:
            sentence = (
                f"unexpected {type(error).__name__}: {error}. "
                "This is a defect of the connector: LOGLEVEL=DEBUG shows where."
            )
    return sentence, code


_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
)


def _explain_transport(error: requests.RequestException) -> str:
    url = error.request.url if error.request is not None else None
    where = url.split("?")[0] if url else "the vendor"
    if isinstance(error, requests.exceptions.SSLError):
        return f"the TLS certificate of {where} was not accepted; check base_url and the machine's certificates."
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return f"{where} did not answer in time; check the network, or raise request_timeout."
    if isinstance(error, _NO_ADDRESS):
        return f"base_url is no address that can be asked: {error}. Write it with https://."
    if isinstance(error, requests.ConnectionError):
        return f"{where} cannot be reached; check base_url, the network and the firewall."
    return f"the request to {where} failed: {error}"


def run(command: click.Command, *, name: str, args: Sequence[str] | None = None) -> NoReturn:
    """Run a plugin's command line and leave the process.

    Args:
        command: What `Plugin.get_singer_command()` or a click group gives.
        name: The command's name as users type it; starts every sentence.
        args: The arguments; None takes them from the command line.
    """
    sys.exit(_run(command, name, args))


def _run(command: click.Command, name: str, args: Sequence[str] | None) -> int:
    debug = os.environ.get("LOGLEVEL", "").upper() == "DEBUG"
    quiet_logs(tracebacks=debug)
    calm_the_collector()
    try:
        _let_configuration_errors_through(command)
        result = command.main(args=None if args is None else list(args), prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else (FAILED if leaving.code else 0)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except Exception as error:  # the outermost frame: everything becomes a sentence
        if debug:
            logging.getLogger(name).debug("traceback", exc_info=error)
        sentence, code = explain(error)
        click.echo(redact(f"{name}: {sentence}"), err=True)
        _let_meltano_read()
        if isinstance(error, BrokenPipeError):
            _forget_stdout()
        return code
    return result if isinstance(result, int) else 0


def _let_meltano_read() -> None:
    """Stay for a moment: Meltano drops what a plugin said last when the whole line has ended before it was read."""
    if "MELTANO_PROJECT_ROOT" in os.environ:
        sys.stderr.flush()
        time.sleep(_HEARD_SECONDS)


def calm_the_collector() -> None:
    """Let the garbage collector look less often: records are trees without cycles, which go when they are done with."""
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY, 20, 50)


def quiet_logs(*, tracebacks: bool) -> None:
    """Let every handler of the root logger, and those added later, pass through the one-line filter."""
    one_line = OneLineFilter(tracebacks=tracebacks)
    factory = logging.getLogRecordFactory()

    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = factory(*args, **kwargs)
        one_line.filter(record)
        return record

    logging.setLogRecordFactory(make)


def _let_configuration_errors_through(command: click.Command) -> None:
    # singer-sdk's SingerCommand logs a ConfigValidationError and leaves with 1; wrapped, it reaches `explain` instead.
    callback = command.callback
    if callback is None:
        return

    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return callback(*args, **kwargs)
        except ConfigValidationError as error:
            sentence, _ = explain(error)
            raise SetupError(sentence) from None

    command.callback = guarded


def _forget_stdout() -> None:
    # The interpreter flushes standard output at exit; with the reader gone that would print a traceback.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
