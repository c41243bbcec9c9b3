"""singer-sdk's standard tap tests, all of them, on a ledger with every kind of row."""

from __future__ import annotations

import pytest
from singer_sdk.testing import get_tap_test_class
from singer_sdk.testing.runners import TapTestRunner
from tap_ledger.tap import TapLedger
from target_kingdee.case import Fate


class TestStandard(get_tap_test_class(tap_class=TapLedger, config={})):
    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls, tmp_path_factory, write_ledger):
        ledger = write_ledger(tmp_path_factory.mktemp("standard") / "ledger.sqlite")
        ledger.deliver("CK1", returned='{"FEntity":[{"FEntryID":501}]}')
        ledger.deliver("CK2", "CK3", fate=Fate.DEAD)
        ledger.deliver("CK2")
        ledger.bury(4)
        runner = TapTestRunner(TapLedger, config=ledger.settings)
        runner.sync_all()
        return runner
