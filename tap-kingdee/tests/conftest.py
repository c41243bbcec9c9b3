"""The tap as a pipe runs it, and a bookkeeper who works in the same Kingdee through its own WebAPI."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from tap_kingdee.tap import TapKingdee

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = Path(sys.executable).parent / "tap-kingdee"
SERVICES = "Kingdee.BOS.WebApi.ServicesStub."
_numbers = itertools.count(1)


@dataclass
class Reading:
    """The messages of one run."""

    messages: list[dict[str, Any]]

    @classmethod
    def of(cls, output: str) -> Reading:
        return cls([json.loads(line, parse_float=Decimal) for line in output.splitlines()])

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [m["value"] for m in self.messages if m["type"] == "STATE"]

    def bookmark(self, stream: str) -> str:
        return str(self.states[-1]["bookmarks"][stream]["replication_key_value"])


def catalog_of(
    *streams: str,
    changes: Callable[[dict[str, Any]], None] | None = None,
    config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The tap's catalog with only these streams selected; ``changes`` may edit each selected entry."""
    catalog = TapKingdee(config=config or {}, validate_config=config is not None, setup_mapper=False).catalog_dict
    for entry in catalog["streams"]:
        chosen = entry["tap_stream_id"] in streams
        root = next(part for part in entry["metadata"] if not part["breadcrumb"])
        root["metadata"]["selected"] = chosen
        if chosen and changes:
            changes(entry)
    return catalog


@dataclass
class TapRunner:
    """Runs the tap against one Kingdee."""

    config: dict[str, Any]

    def __call__(
        self,
        *streams: str,
        state: dict[str, Any] | None = None,
        changes: Callable[[dict[str, Any]], None] | None = None,
        **settings: Any,
    ) -> Reading:
        """Run in this process; what had been written when an error ended the run hangs on the error as ``reading``."""
        config = {**self.config, **settings}
        own = config if {"forms", "sweep"} & set(settings) else None  # streams that the settings make
        tap = TapKingdee(
            config=config,
            catalog=catalog_of(*streams, changes=changes, config=own) if streams else None,
            state=json.loads(json.dumps(state)) if state else None,
        )
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        try:
            with redirect_stdout(out):
                tap.sync_all()
        except BaseException as error:
            error.reading = self._read(out)  # type: ignore[attr-defined]  # a note for the test
            raise
        return self._read(out)

    @staticmethod
    def _read(out: io.TextIOWrapper) -> Reading:
        out.flush()
        return Reading.of(out.buffer.getvalue().decode())  # type: ignore[attr-defined]  # it is a BytesIO

    def command(self, folder: Path, *streams: str, **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run the command as a user does; a setting of None is left out."""
        config = {name: value for name, value in {**self.config, **settings}.items() if value is not None}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "catalog.json").write_text(json.dumps(catalog_of(*streams or ("stocks",))))
        arguments = ["--config", str(folder / "config.json"), "--catalog", str(folder / "catalog.json")]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TAP_KINGDEE_")}
        return subprocess.run(
            [str(COMMAND), *arguments], capture_output=True, text=True, check=False, env=environment, timeout=120
        )

    def killed(self, folder: Path, stream: str, *, lines: int, state: Any, **settings: Any) -> tuple[Reading, bool]:
        """Run the command, take so many lines of its output and kill it; also tells whether it had come to its end."""
        files = {"config": {**self.config, **settings}, "catalog": catalog_of(stream), "state": state or {}}
        for name, content in files.items():
            (folder / f"{name}.json").write_text(json.dumps(content))
        arguments = [f"--{name}={folder / name}.json" for name in files]
        environment = {**os.environ, "LOGLEVEL": "WARNING"}
        process = subprocess.Popen([str(COMMAND), *arguments], stdout=subprocess.PIPE, env=environment, text=True)
        assert process.stdout is not None
        with process.stdout as out:
            taken = list(itertools.islice(out, lines))
            if len(taken) == lines:
                process.kill()
        return Reading.of("".join(taken)), process.wait() == 0


@dataclass
class Bookkeeper:
    """Saves, changes and deletes documents in Kingdee with the password login."""

    galaxy: dict[str, Any]
    http: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> None:
        who = self.galaxy
        answer = self._post("AuthService.ValidateUser", [who["acct_id"], who["username"], who["password"], 2052])
        assert answer["LoginResultType"] == 1, answer

    def _post(self, service: str, parameters: list[Any]) -> Any:
        url = f"{self.galaxy['base_url']}{SERVICES}{service}.common.kdsvc"
        answer = self.http.post(url, json={"parameters": parameters}, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def call(self, operation: str, form: str, data: dict[str, Any]) -> dict[str, Any]:
        answer = self._post(f"DynamicFormService.{operation}", [form, json.dumps(data)])
        result = answer["Result"]
        assert result["ResponseStatus"]["IsSuccess"] in (True, "true"), answer
        return dict(result)

    def save(self, form: str, model: dict[str, Any]) -> int:
        """Save one document; returns its FID."""
        return int(self.call("Save", form, {"Model": model, "IsVerifyBaseDataField": True})["Id"])

    def save_outstocks(self, *line_counts: int, **head: Any) -> list[int]:
        """Save one document per number of lines; returns their FIDs."""
        models = [self.outstock(lines, **head) for lines in line_counts]
        result = self.call("BatchSave", "SAL_OUTSTOCK", {"Model": models, "IsVerifyBaseDataField": True})
        saved = sorted(result["ResponseStatus"]["SuccessEntitys"], key=lambda entity: entity["DIndex"])
        return [entity["Id"] for entity in saved]

    def save_others(self) -> None:
        """Save one document of each form that the seeded Kingdee has none of."""
        material, org, stock = {"FNumber": self.material}, {"FNumber": "100"}, {"FNumber": "CK01"}
        whose = {"FDate": "2026-03-30", "FStockOrgId": org}
        self.save(
            "SAL_RETURNSTOCK",
            whose
            | {"FBillTypeID": {"FNumber": "XSTHD01_SYS"}, "FSaleOrgId": org, "FRetcustId": {"FNumber": "KH00001"}}
            | {
                "FEntity": [
                    {
                        "FMaterialId": material,
                        "FRealQty": 1,
                        "FReturnType": {"FNumber": "THLX01_SYS"},
                        "FStockId": stock,
                    }
                ]
            },
        )
        owner = {"FOwnerTypeIdHead": "BD_OwnerOrg", "FOwnerTypeOutIdHead": "BD_OwnerOrg", "FOwnerOutIdHead": org}
        ways = {"FBizType": "NORMAL", "FTransferDirect": "GENERAL", "FTransferBizType": "InnerOrgTransfer"}
        line = {"FMaterialId": material, "FQty": 1, "FSrcStockId": stock, "FDestStockId": {"FNumber": "CK02"}}
        self.save(
            "STK_TransferDirect",
            whose
            | owner
            | ways
            | {"FBillTypeID": {"FNumber": "ZJDB01_SYS"}, "FStockOutOrgId": org, "FBillEntry": [line]},
        )
        self.save(
            "STK_StockCountGain",
            whose
            | {"FBillTypeID": {"FNumber": "PY01_SYS"}}
            | {"FBillEntry": [{"FMaterialId": material, "FGainQty": 1, "FStockId": stock}]},
        )
        self.save(
            "PUR_MRB",
            whose
            | {"FBillTypeID": {"FNumber": "TLD01_SYS"}, "FPurchaseOrgId": org, "FSupplierID": {"FNumber": "GYS01"}}
            | {"FPURMRBENTRY": [{"FMATERIALID": material, "FRMREALQTY": 1, "FSTOCKID": stock}]},
        )

    def outstock(self, lines: int, **head: Any) -> dict[str, Any]:
        return {
            "FBillTypeID": {"FNumber": "XSCKD01_SYS"},
            "FBillNo": f"TAP-{os.getpid()}-{next(_numbers)}",
            "FDate": "2026-03-30",
            "FSaleOrgId": {"FNumber": "101"},
            "FStockOrgId": {"FNumber": "100"},
            "FCustomerID": {"FNumber": "KH00001"},
            **head,
            "FEntity": [
                {
                    "FMaterialID": {"FNumber": self.material},
                    "FRealQty": line,
                    "FTaxPrice": "0.1000",
                    "FStockID": {"FNumber": "CK01"},
                    "FStockStatusID": {"FNumber": "KCZT01_SYS"},
                }
                for line in range(1, lines + 1)
            ],
        }

    @property
    def material(self) -> str:
        query = {"FormId": "BD_MATERIAL", "FieldKeys": "FNumber", "FilterString": "FForbidStatus='A'", "Limit": 1}
        return str(self._post("DynamicFormService.ExecuteBillQuery", [json.dumps(query)])[0][0])


@pytest.fixture(scope="session")
def kingdee_settings(erp_sandbox: Any) -> dict[str, Any]:
    return {**erp_sandbox.galaxy, "auth": "signed", "retry_wait": 0.01, "request_timeout": 30}


@pytest.fixture(scope="session")
def signals_of_the_test_run() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}


@pytest.fixture(autouse=True)
def give_the_signals_back(signals_of_the_test_run: dict[int, Any]) -> Iterator[None]:
    """singer-sdk takes the signals of the process for each tap that it makes."""
    yield
    for number, handler in signals_of_the_test_run.items():
        signal.signal(number, handler)


@pytest.fixture
def tap(kingdee_settings: dict[str, Any]) -> TapRunner:
    return TapRunner(kingdee_settings)


@pytest.fixture(scope="session")
def bookkeeper(erp_sandbox: Any) -> Bookkeeper:
    keeper = Bookkeeper(erp_sandbox.galaxy)
    keeper.sign_in()
    return keeper


@pytest.fixture
def faults(erp_sandbox: Any) -> Iterator[Callable[..., None]]:
    """Plan faults of ExecuteBillQuery: ``faults(kind="http_502", nth=2)``."""

    def plan(*entries: dict[str, Any], **entry: Any) -> None:
        wanted = [*entries, entry] if entry else [*entries]
        erp_sandbox.post("faults", [{"vendor": "kingdee", "call": "ExecuteBillQuery", **each} for each in wanted])

    yield plan
    erp_sandbox.clear_faults()
