"""The stock target: a singer-sdk BatchSink that posts each batch to Kingdee with requests.

Choices, so that the comparison is fair:
- reader, record validation (the SDK's default jsonschema), timestamp parsing and state handling are the SDK's defaults;
- the same batch size and the same save options as target-kingdee, one login, one `requests.Session`;
- no ledger, no look-up before a re-send, no dead letters: a refused document is logged and counted, no more (ours
  writes a ledger row a document, durably, before and after the call, and is charged for it);
- meltano-map-transform maps no nested lists, so `details_list` arrives as the tap made it and the lines are mapped
  here, by hand-written Python: quicker than any mapping language would be.
"""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
import singer_sdk.typing as th
from singer_sdk.sinks import BatchSink
from singer_sdk.target_base import Target

SERVICES = "Kingdee.BOS.WebApi.ServicesStub."
REFERENCES = ("FBillTypeID", "FStockOrgId", "FSaleOrgId", "FCustomerID", "FSalesManID")
ON_THE_LINES = ("details_list", "FStockID", "FStockStatusID", "FSrcType", "FSRCBillNo", "FSoorDerno")
CURRENCY = {"FSettleCurrID": {"FNumber": "PRE001"}, "FIsIncludedTax": True}


class KingdeeSink(BatchSink):
    """Posts a batch as one BatchSave."""

    def setup(self) -> None:
        super().setup()
        self.session = requests.Session()
        path = Path(self.config["codes"]) / "sale_order_entry.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        # Of an order's lines with the same material the first one counts, as in the mapping.
        self.source_entries = {(row["bill_no"], row["material"]): row for row in reversed(rows)}
        names = ("acct_id", "username", "app_id", "app_secret", "lcid")
        answer = self.call("AuthService.LoginByAppSecret", {"parameters": [self.config[name] for name in names]})
        if answer["LoginResultType"] != 1:
            raise RuntimeError(f"Kingdee refused the login: {answer['Message']}")

    def call(self, service: str, body: dict[str, Any]) -> Any:
        url = f"{self.config['base_url']}{SERVICES}{service}.common.kdsvc"
        text = json.dumps(body, default=str)  # the SDK's reader makes Decimals, which requests cannot encode
        response = self.session.post(url, data=text, headers={"Content-Type": "application/json"}, timeout=300)
        response.raise_for_status()
        return response.json()

    def line(self, record: dict[str, Any], detail: dict[str, Any]) -> dict[str, Any]:
        """Map one line, as the mapping of sales stock-outs says."""
        line = {
            "FMaterialID": {"FNumber": detail["goods_no"]},
            "FRealQty": detail["goods_count"],
            "FTaxPrice": detail["sell_price"],
            "FEntryTaxRate": 13,
            "FIsFree": Decimal(str(detail["sell_price"])) <= 0,
            "FStockID": {"FNumber": record["FStockID"]},
            "FStockStatusID": {"FNumber": record["FStockStatusID"]},
            "FSrcType": record["FSrcType"],
            "FSRCBillNo": record["FSRCBillNo"],
            "FSoorDerno": record["FSoorDerno"],
        }
        source = self.source_entries.get((detail["src_tid"], detail["goods_no"]))
        if source is not None:
            line["FEntity_Link"] = [
                {
                    "FEntity_Link_FRuleId": "SaleOrder-OutStock",
                    "FEntity_Link_FSTableName": "T_SAL_ORDERENTRY",
                    "FEntity_Link_FSTableId": "0",
                    "FEntity_Link_FSBillId": source["fid"],
                    "FEntity_Link_FSId": source["entry_id"],
                }
            ]
        return line

    def document(self, record: dict[str, Any]) -> dict[str, Any]:
        """Turn a mapped record into a Kingdee model: wrap the references, map the lines."""
        model: dict[str, Any] = {name: value for name, value in record.items() if name not in ON_THE_LINES}
        for name in REFERENCES:
            model[name] = {"FNumber": model[name]}
        model["SubHeadEntity"] = CURRENCY
        model["FEntity"] = [self.line(record, detail) for detail in record["details_list"]]
        return model

    def process_batch(self, context: dict[str, Any]) -> None:
        records = context.get("records", [])
        data = {**self.config["save_options"], "Model": [self.document(record) for record in records]}
        answer = self.call("DynamicFormService.BatchSave", {"formid": self.stream_name, "data": data})
        status = answer["Result"]["ResponseStatus"]
        refused = len(records) - len(status["SuccessEntitys"])
        if refused:
            self.logger.warning("%d of %d documents refused: %s", refused, len(records), status["Errors"])


class StockTarget(Target):
    """The stock target."""

    name = "stock-target-kingdee"
    default_sink_class = KingdeeSink
    config_jsonschema = th.PropertiesList(
        th.Property("base_url", th.StringType, required=True),
        th.Property("acct_id", th.StringType, required=True),
        th.Property("username", th.StringType, required=True),
        th.Property("app_id", th.StringType, required=True),
        th.Property("app_secret", th.StringType, required=True, secret=True),
        th.Property("lcid", th.IntegerType, default=2052),
        th.Property("codes", th.StringType, required=True),
        th.Property("save_options", th.ObjectType(additional_properties=True), required=True),
    ).to_dict()


if __name__ == "__main__":
    StockTarget.cli()
