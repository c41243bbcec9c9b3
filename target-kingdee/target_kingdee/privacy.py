"""Personal data at rest: dead letters are kept as they are, with encrypted fields, or without them.

Field by field, so that a protected letter still tells what went wrong with which document. An encrypted value is
``{"encrypted": "<Fernet token>"}`` in a record or model, and the same text where a message quotes it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from erp_sdk.command import SetupError, UserError
from erp_sdk.messages import decode, encode

from target_kingdee.personal import MASK, OMITTED, PersonalFields, rewritten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptography.fernet import MultiFernet

    from target_kingdee.ledger_rows import DeadLetter

MODES = ("keep", "encrypt", "omit")
ENCRYPTED = "encrypted"
OMITTED_STATE = "omitted"
_QUOTED = re.compile(r'\{"encrypted":"(gAAAA[A-Za-z0-9_=-]+)"\}')
_NEW_KEY = "`target-kingdee dead-letters new-key` makes one"


class LockedError(UserError):
    """An encrypted value was met, and the key that opens it was not."""


class Contents(NamedTuple):
    """What is personal in a letter: its record, its model, and the two texts about them."""

    record: Any
    model: Any
    message: str
    fix: str


class Vault:
    """Encrypts values and opens them again.

    Args:
        keys: Fernet keys, separated by commas: the first encrypts, all open.

    Raises:
        SetupError: The package is missing, or one of the keys is none.
    """

    def __init__(self, keys: str) -> None:
        self._fernet = _fernet(keys)

    def seal(self, value: Any) -> dict[str, str]:
        """Encrypt a JSON value."""
        return {ENCRYPTED: self._fernet.encrypt(encode(value)).decode()}

    def opened(self, value: Any) -> Any:
        """Return a record or model with every encrypted value as it was.

        Raises:
            LockedError: None of the keys opens one of them.
        """
        if isinstance(value, list):
            return [self.opened(item) for item in value]
        if not isinstance(value, dict):
            return value
        token = _token(value)
        return {key: self.opened(item) for key, item in value.items()} if token is None else self._open(token)

    def opened_text(self, text: str) -> str:
        """Return a text with every encrypted part as it was.

        Raises:
            LockedError: None of the keys opens one of them.
        """
        return _QUOTED.sub(lambda found: str(self._open(found[1])), text)

    def _open(self, token: str) -> Any:
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - an optional package

        try:
            return decode(self._fernet.decrypt(token))
        except InvalidToken:
            raise LockedError(
                "personal_data_key does not open what is encrypted; put the key it was encrypted with behind the "
                "present one, separated by a comma."
            ) from None


class Privacy:
    """What the settings say about personal data in dead letters.

    Args:
        mode: One of `MODES`.
        keys: For ``encrypt``; see `Vault`.
        fields: What is personal.

    Raises:
        SetupError: ``encrypt`` is wanted and cannot be done.
    """

    def __init__(self, mode: str = "keep", keys: str = "", fields: PersonalFields | None = None) -> None:
        self.mode = mode
        self.fields = fields or PersonalFields()
        if mode == "encrypt" and not keys:
            raise SetupError(f"personal_data=encrypt needs the setting personal_data_key; {_NEW_KEY}.")
        self._vault = Vault(keys) if keys else None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Privacy:
        """Read the settings.

        Raises:
            SetupError: They do not do.
        """
        fields = PersonalFields(config.get("personal_fields") or ())
        return cls(config.get("personal_data") or "keep", config.get("personal_data_key") or "", fields)

    def protected(self, letter: DeadLetter) -> DeadLetter:
        """Return a letter as it may lie in the ledger."""
        if self.mode == "keep":
            return letter
        record = decode(letter.record)
        model = None if letter.model is None else decode(letter.model)
        spoken = self.fields.spoken(record, model)
        hidden, quoted = self._means()
        safe = [self.fields.replaced(part, hidden) for part in (record, model)]
        if safe == [record, model]:
            return letter  # nothing personal in it
        return replace(
            letter,
            record=encode(safe[0]).decode(),
            model=None if model is None else encode(safe[1]).decode(),
            message=rewritten(letter.message, spoken, quoted),
            fix=rewritten(letter.fix, spoken, quoted),
            protection=ENCRYPTED if self.mode == "encrypt" else OMITTED_STATE,
        )

    def opened(self, contents: Contents) -> Contents:
        """Return what `protected` encrypted as it was; without a key as it lies in the ledger.

        Raises:
            LockedError: The key is another one.
        """
        vault = self._vault
        if vault is None:
            return contents
        texts = vault.opened_text(contents.message), vault.opened_text(contents.fix)
        return Contents(vault.opened(contents.record), vault.opened(contents.model), *texts)

    @property
    def has_key(self) -> bool:
        """Whether encrypted letters can be opened."""
        return self._vault is not None

    def masked(self, contents: Contents) -> Contents:
        """Return what may be listed: no personal value in fields, nor in the texts that quote it."""
        spoken = self.fields.spoken(contents.record, contents.model)

        def masked_text(text: str) -> str:
            return rewritten(_QUOTED.sub(MASK, text), spoken, lambda _: MASK)

        return Contents(
            self.fields.masked(contents.record),
            self.fields.masked(contents.model),
            masked_text(contents.message),
            masked_text(contents.fix),
        )

    def _means(self) -> tuple[Callable[[Any], Any], Callable[[str], str]]:
        """Return how a value is hidden in a field, and how in a text."""
        vault = self._vault
        if self.mode == "omit" or vault is None:
            return lambda _: OMITTED, lambda _: MASK
        return vault.seal, lambda part: encode(vault.seal(part)).decode()


def new_key() -> str:
    """Make a key.

    Raises:
        SetupError: The package is missing.
    """
    _require_package()
    from cryptography.fernet import Fernet  # noqa: PLC0415 - an optional package

    return Fernet.generate_key().decode()


def _fernet(keys: str) -> MultiFernet:
    _require_package()
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - an optional package

    try:
        return MultiFernet([Fernet(key.strip()) for key in keys.split(",") if key.strip()])
    except ValueError:
        raise SetupError(
            f"personal_data_key is no Fernet key (44 characters; several are separated by commas); {_NEW_KEY}."
        ) from None


def _require_package() -> None:
    try:
        import cryptography.fernet  # noqa: F401, PLC0415 - an optional package
    except ImportError:
        raise SetupError(
            "encrypting personal data needs the package cryptography: install target-kingdee[encryption]."
        ) from None


def _token(value: dict[str, Any]) -> str | None:
    """Return the token of an encrypted value; a source's own field of that name holds something else."""
    token = value.get(ENCRYPTED) if len(value) == 1 else None
    return token if isinstance(token, str) and token.startswith("gAAAA") else None
