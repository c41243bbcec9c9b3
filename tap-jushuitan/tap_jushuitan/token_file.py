"""Tokens between runs: a file that several processes share, written whole or not at all, read by its owner only."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from erp_sdk.answers import RetryLaterError
from erp_sdk.command import SetupError
from filelock import FileLock, Timeout
from platformdirs import user_state_path

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)


class Token(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an authorisation gave.

    Attributes:
        access_token: Goes with every call.
        refresh_token: Gets the next one; "" when there is none.
        obtained: When it was given, Unix seconds; it tells apart two grants of the same values. 0 for one from the
            settings.
        expires: When it ends, Unix seconds; 0 when nobody has said.
        account: Digest of the app it is for.
        origin: Digest of what the settings gave that it descends from: something else there puts the file out of use.
    """

    access_token: str
    refresh_token: str = ""
    obtained: float = 0
    expires: float = 0
    account: str = ""
    origin: str = ""


class TokenFile:
    """The file of one account.

    Args:
        path: Where it lies; None takes the user's state folder.
        account: Whatever identifies the account; only its digest names the file.
    """

    def __init__(self, path: str | None, account: str) -> None:
        name = f"{hashlib.sha256(account.encode()).hexdigest()[:24]}.json"
        self.path = Path(path) if path else user_state_path("singer-erp") / "jushuitan-tokens" / name
        self._is_usable = True

    @contextmanager
    def locked(self, seconds: float) -> Iterator[None]:
        """Hold the file alone: one process at a time gets or refreshes a token.

        Raises:
            RetryLaterError: Another process has held it for so many seconds.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(f"{self.path}.lock", timeout=seconds)
            lock.acquire()
        except Timeout:
            raise RetryLaterError(
                f"another process has held {self.path}.lock for {seconds:.0f} s; see what it waits for."
            ) from None
        except OSError as error:
            self._give_up(error)
            yield
            return
        try:
            yield
        finally:
            lock.release()

    def read(self) -> Token | None:
        """Return the token that the file holds; None when there is no file.

        Raises:
            SetupError: The file holds something else.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Token)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError:
            raise SetupError(
                f"{self.path} holds no token; set token_path to another file, or remove this one."
            ) from None
        except OSError as error:
            self._give_up(error)
            return None

    def write(self, token: Token) -> None:
        """Put a token in the place of the one before."""
        if not self._is_usable:
            return
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            try:
                with os.fdopen(handle, "wb") as file:  # mkstemp's files are the owner's alone
                    file.write(msgspec.json.encode(token))
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self.path)
            except OSError:
                with suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        if self._is_usable:
            self._is_usable = False
            logger.warning(
                "The access_token cannot be kept for the next run: %s cannot be used (%s); set token_path to a file "
                "that can be written",
                self.path,
                error.strerror or error,
            )
