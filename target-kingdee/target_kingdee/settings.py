"""The settings: what each means to a user, and the typed values made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from erp_sdk.command import SetupError
from singer_sdk import typing as th

from target_kingdee.api.signing import Identity
from target_kingdee.case import Policy
from target_kingdee.forms import FormKeys, keys_of
from target_kingdee.ledger_engine import ledger_url
from target_kingdee.privacy import Privacy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_kingdee.api.session import Auth

AUTHS = ("password", "app_secret", "sign", "signed")
GOALS = ("audited", "submitted", "saved")
ON_EXISTING = ("skip", "update", "fail")
MISSING_BASE_DATA = ("dead_letter", "create", "park")
PERSONAL_DATA = ("keep", "encrypt", "omit")
DEFAULT_LEDGER = "kingdee-ledger.sqlite"

# Options of Save and BatchSave by their own names (contract 8.3); left out of the call unless set.
SAVE_OPTIONS: tuple[th.Property[Any], ...] = (
    th.Property(
        "IsVerifyBaseDataField",
        th.BooleanType,
        default=True,
        description="Refuse a document whose base data 基础资料 is missing; without it the field stays blank silently.",
    ),
    th.Property(
        "NeedReturnFields",
        th.ArrayType(th.StringType),
        description="Fields that Kingdee returns of saved documents and the ledger keeps, such as FEntity.FEntryID.",
    ),
    th.Property(
        "NeedUpDateFields", th.ArrayType(th.StringType), description="With on_existing=update: only these fields."
    ),
    th.Property(
        "IsDeleteEntry",
        th.BooleanType,
        description="With on_existing=update: remove lines that the document has no more. Kingdee's default is true.",
    ),
    th.Property("SubSystemId", th.StringType, description="The subsystem 子系统 whose rights apply."),
    th.Property("IsEntryBatchFill", th.BooleanType, description="Fill lines in bulk. Kingdee's default is true."),
    th.Property("ValidateFlag", th.BooleanType, description="Run the checks of a save. Kingdee's default is true."),
    th.Property("NumberSearch", th.BooleanType, description="Find base data by number. Kingdee's default is true."),
    th.Property(
        "IsAutoAdjustField", th.BooleanType, description="Let Kingdee put the model's keys into order of dependency."
    ),
    th.Property(
        "InterationFlags",
        th.StringType,
        description="Questions 交互提示 to answer with yes, separated by ';'. STK_InvCheckResult: negative stock.",
    ),
    th.Property(
        "IgnoreInterationFlag", th.BooleanType, description="Ignore questions that can be. Kingdee's default is true."
    ),
    th.Property("IsControlPrecision", th.BooleanType, description="Check the number of decimals."),
    th.Property("ValidateRepeatJson", th.BooleanType, description="Refuse the identical JSON sent again."),
    th.Property("Creator", th.StringType, description="The user who is named as creator 创建人."),
)

_FORM = th.ObjectType(
    th.Property("number", th.StringType, description="The field of the number; FBillNo, for base data FNumber."),
    th.Property("primary_key", th.StringType, description="The field of the internal id; FID, for base data its own."),
    th.Property("auto_audit", th.BooleanType, description="IsAutoSubmitAndAudit for this form."),
    th.Property("batch_size", th.IntegerType(minimum=1, maximum=1000)),
    th.Property("final_status", th.StringType(allowed_values=list(GOALS))),
    th.Property("on_existing", th.StringType(allowed_values=list(ON_EXISTING))),
    th.Property("look_before_save", th.BooleanType),
    th.Property("missing_base_data", th.StringType(allowed_values=list(MISSING_BASE_DATA))),
    th.Property("allow_unaudit", th.BooleanType),
    th.Property("overwrite_edits", th.BooleanType),
    th.Property(
        "allocate_to",
        th.ArrayType(th.StringType),
        description="Base data: organisations 组织, by number, that it is allocated 分配 to once it is audited.",
    ),
    th.Property("options", th.ObjectType(additional_properties=True), description="Any option of BatchSave, as it is."),
    additional_properties=False,
)

# A rate from an environment variable comes as text.
_RATE = th.CustomType({"type": ["number", "string"], "pattern": r"^[01](\.\d+)?$", "minimum": 0, "maximum": 1})
_SECONDS = th.CustomType({"type": ["number", "string"], "pattern": r"^\d+(\.\d+)?$", "minimum": 0})

SETTINGS = th.PropertiesList(
    th.Property(
        "base_url", th.StringType, required=True, description="Kingdee's address, such as https://host/k3cloud/."
    ),
    th.Property(
        "auth",
        th.StringType(allowed_values=list(AUTHS)),
        default="password",
        description=(
            "How to sign in: password (ValidateUser), app_secret (LoginByAppSecret), sign (LoginBySign), or signed: "
            "every call carries a signature, which the open gateway api.kingdee.com demands."
        ),
    ),
    th.Property("acct_id", th.StringType, required=True, description="The data centre 账套 id."),
    th.Property("username", th.StringType, required=True, description="The integration user 集成用户."),
    th.Property("password", th.StringType, secret=True, description="Its password, for auth=password."),
    th.Property(
        "app_id", th.StringType, description="The AppID of 第三方系统登录授权, like 123456_…, for the other three."
    ),
    th.Property("app_secret", th.StringType, secret=True, description="Its AppSecret."),
    th.Property("lcid", th.IntegerType, default=2052, description="Language: 2052 简体中文, 1033 English, 3076 繁體."),
    th.Property(
        "org_num", th.StringType, default="0", description="Organisation 组织 of signed calls; 0 is the user's."
    ),
    th.Property(
        "forms",
        th.ObjectType(additional_properties=_FORM),
        description=(
            "Settings of single forms, by FormId: number, primary_key, auto_audit, batch_size, final_status, "
            "on_existing, look_before_save, missing_base_data, allow_unaudit, overwrite_edits, allocate_to (base data: "
            "the organisations 组织 that it is allocated 分配 to), options (any option of BatchSave)."
        ),
    ),
    th.Property(
        "batch_size",
        th.IntegerType(minimum=1, maximum=1000),
        default=20,
        description="Documents a BatchSave. Kingdee advises at most 20; more need fewer calls, each of them longer.",
    ),
    th.Property(
        "batch_count",
        th.IntegerType(minimum=0, maximum=10),
        default=0,
        description="BatchCount: threads Kingdee uses for one BatchSave, at most 5 advised; 0 leaves it to Kingdee.",
    ),
    th.Property(
        "concurrency",
        th.IntegerType(minimum=1, maximum=10),
        default=1,
        description="Batches in flight at the same time, each in a session of its own. Outcomes keep their order.",
    ),
    th.Property(
        "final_status",
        th.StringType(allowed_values=list(GOALS)),
        default="audited",
        description="How far a document goes: saved 创建, submitted 审核中 or audited 已审核.",
    ),
    th.Property(
        "on_existing",
        th.StringType(allowed_values=list(ON_EXISTING)),
        default="skip",
        description=(
            "A number that is in Kingdee with other content: skip leaves it, update saves over it (status A or D; "
            "B and C with allow_unaudit), fail makes a dead letter."
        ),
    ),
    th.Property(
        "allow_unaudit",
        th.BooleanType,
        default=False,
        description=(
            "With on_existing=update: take back the submission 撤销 of a document in status B, the audit 反审核 of one "
            "in C, save, submit and audit again."
        ),
    ),
    th.Property(
        "overwrite_edits",
        th.BooleanType,
        default=False,
        description="With on_existing=update: also save over what a person has changed in Kingdee since.",
    ),
    th.Property(
        "missing_base_data",
        th.StringType(allowed_values=list(MISSING_BASE_DATA)),
        default="dead_letter",
        description=(
            "A document whose base data 基础资料 is missing: dead_letter; create the base data that the mapping gives "
            "with it (base_data), then save again; or park it until the base data is there."
        ),
    ),
    th.Property(
        "look_before_save",
        th.BooleanType,
        default=False,
        description="Look up every new number before its first save. For accounts whose numbers are not unique.",
    ),
    th.Property(
        "IsAutoSubmitAndAudit",
        th.BooleanType,
        default=True,
        description="Save, submit and audit in one call; false takes three. Only with final_status=audited.",
    ),
    *SAVE_OPTIONS,
    th.Property(
        "dead_letter",
        th.StringType(allowed_values=["keep", "stop"]),
        default="keep",
        description="A document that is refused: keep it in the ledger and go on, or stop the run there.",
    ),
    th.Property(
        "max_error_rate",
        _RATE,
        default=0.5,
        description="Stop when more than this part of the run's documents is refused; judged from the 50th on.",
    ),
    th.Property(
        "max_consecutive_errors",
        th.IntegerType(minimum=0),
        default=100,
        description="Stop when so many documents in a row are refused; 0 never does.",
    ),
    th.Property(
        "max_retries",
        th.IntegerType(minimum=0),
        default=5,
        description="Calls that may fail in a row before the run stops; a document that fails alone is a dead letter.",
    ),
    th.Property(
        "max_outage_seconds",
        _SECONDS,
        default=3600,
        description="How long a Kingdee that cannot be reached is waited for, asked at least every five seconds.",
    ),
    th.Property(
        "backoff_seconds", _SECONDS, default=1, description="The first pause after a failed call; grows to 5x."
    ),
    th.Property(
        "throttle_seconds",
        _SECONDS,
        default=5,
        description="The first pause after 调用限制 (MsgCode 14); grows to 12x.",
    ),
    th.Property(
        "max_throttle_seconds", _SECONDS, default=900, description="How long to wait for a throttled batch in all."
    ),
    th.Property(
        "request_timeout", _SECONDS, default=300, description="Seconds for one answer; large batches take minutes."
    ),
    th.Property(
        "calls_per_minute",
        th.IntegerType(minimum=0),
        default=0,
        description="The account's budget of calls, shared by all processes of this host; 0 is without limit.",
    ),
    th.Property("budget_path", th.StringType, description="Folder of the shared budget; the user's cache by default."),
    th.Property(
        "flush_seconds",
        _SECONDS,
        default=10,
        description="When STATE arrives, documents that waited so long are sent although the batch is not full.",
    ),
    th.Property(
        "personal_data",
        th.StringType(allowed_values=list(PERSONAL_DATA)),
        default="keep",
        description=(
            "Names, phones and addresses in dead letters: keep them, encrypt them with personal_data_key, or omit them "
            "(then such a letter cannot be replayed; its period is read again from the source)."
        ),
    ),
    th.Property(
        "personal_data_key",
        th.StringType,
        secret=True,
        description="Fernet key for personal_data=encrypt; several separated by commas, the first one encrypts.",
    ),
    th.Property(
        "personal_fields",
        th.ArrayType(th.StringType),
        description="Further names of personal fields; * and ? are wildcards.",
    ),
    th.Property(
        "ledger_path", th.StringType, default=DEFAULT_LEDGER, description="The ledger's SQLite file. Keep it for years."
    ),
    th.Property(
        "ledger_url", th.StringType, secret=True, description="The ledger's SQLAlchemy URL, instead of ledger_path."
    ),
)


@dataclass(frozen=True)
class FormSettings:
    """How one form is delivered.

    Attributes:
        policy: For `Delivery`; without what only a run knows.
        save_options: What goes into every BatchSave beside the models.
        audit_options: What goes into every Audit.
    """

    keys: FormKeys
    policy: Policy
    save_options: Mapping[str, Any]
    audit_options: Mapping[str, Any]


class Settings:
    """Typed access to a validated configuration."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self.base_url = str(config["base_url"]).strip()
        self.auth: Auth = config["auth"]
        self.identity = Identity(
            acct_id=str(config["acct_id"]),
            username=str(config["username"]),
            app_id=str(config.get("app_id") or ""),
            app_secret=str(config.get("app_secret") or ""),
            lcid=int(config["lcid"]),
            org_num=str(config["org_num"]),
        )
        self.password = str(config.get("password") or "")
        self.privacy = Privacy.of(config)
        self._check_credentials()

    @property
    def account(self) -> str:
        """What a ledger's rows belong to: the data centre on its host."""
        return f"{self.identity.acct_id}@{urlsplit(self.base_url).netloc.lower()}"

    @property
    def ledger_url(self) -> str:
        """The SQLAlchemy URL of the ledger."""
        return ledger_url(self._config.get("ledger_path"), self._config.get("ledger_url"))

    def seconds(self, name: str) -> float:
        """Return a setting that is a time."""
        return float(self._config[name])

    def number(self, name: str) -> int:
        """Return a setting that is a whole number."""
        return int(self._config[name])

    @property
    def max_error_rate(self) -> float:
        """The part of refused documents that is too much."""
        return float(self._config["max_error_rate"])

    @property
    def stops_at_dead_letter(self) -> bool:
        """Whether the first refused document ends the run."""
        return bool(self._config["dead_letter"] == "stop")

    @property
    def budget_path(self) -> str | None:
        """The folder of the shared budget of calls."""
        return self._config.get("budget_path")

    @property
    def form_names(self) -> list[str]:
        """The forms that have settings of their own."""
        return list(self._config.get("forms") or {})

    def form(self, name: str) -> FormSettings:
        """Return the settings of one form: its own, then the common ones."""
        own: Mapping[str, Any] = (self._config.get("forms") or {}).get(name, {})
        config = self._config
        keys = keys_of(name, own.get("number"), own.get("primary_key"))
        policy = Policy(
            goal=own.get("final_status") or config["final_status"],
            auto_audit=bool(own.get("auto_audit", config["IsAutoSubmitAndAudit"])),
            look_first=bool(own.get("look_before_save", config["look_before_save"])),
            on_existing=own.get("on_existing") or config["on_existing"],
            allow_unaudit=bool(own.get("allow_unaudit", config["allow_unaudit"])),
            overwrite_edits=bool(own.get("overwrite_edits", config["overwrite_edits"])),
            allocate_to=tuple(own.get("allocate_to") or ()),
            missing_base_data=own.get("missing_base_data") or config["missing_base_data"],
            batch_size=int(own.get("batch_size") or config["batch_size"]),
            max_retries=self.number("max_retries"),
            max_outage_seconds=self.seconds("max_outage_seconds"),
            backoff_seconds=self.seconds("backoff_seconds"),
            throttle_seconds=self.seconds("throttle_seconds"),
            max_throttle_seconds=self.seconds("max_throttle_seconds"),
        )
        if policy.allocate_to and policy.goal != "audited":
            raise SetupError(
                f"forms.{name}.allocate_to needs final_status audited: only what is audited is allocated 分配."
            )
        options = {option.name: config[option.name] for option in SAVE_OPTIONS if config.get(option.name) is not None}
        if config["batch_count"]:
            options["BatchCount"] = config["batch_count"]
        options |= own.get("options") or {}
        if options.get("NeedReturnFields"):  # the number tells whose fields they are
            options["NeedReturnFields"] = list(dict.fromkeys([*options["NeedReturnFields"], keys.number]))
        flags = {name: options[name] for name in ("InterationFlags", "IgnoreInterationFlag") if options.get(name)}
        return FormSettings(keys, policy, options, flags)

    def _check_credentials(self) -> None:
        if urlsplit(self.base_url).scheme not in ("http", "https"):
            raise SetupError(f"base_url {self.base_url!r} is no web address; it looks like https://host/k3cloud/.")
        given = {"password": self.password, "app_id": self.identity.app_id, "app_secret": self.identity.app_secret}
        wanted = ("password",) if self.auth == "password" else ("app_id", "app_secret")
        missing = [name for name in wanted if not given[name]]
        if missing:
            raise SetupError(f"auth={self.auth} needs the setting {' and '.join(missing)}.")
