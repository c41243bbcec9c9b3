"""singer-sdk's standard tap tests, against the sandbox."""

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from singer_sdk.testing.runners import TapTestRunner
from tap_kingdee.tap import TapKingdee

# The streams are known without a connection; the runner fixture below has the real settings.
NOWHERE = {"base_url": "http://127.0.0.1:9/k3cloud/", "acct_id": "x", "username": "x", "app_id": "x", "app_secret": "x"}
SUITE = SuiteConfig(max_records_limit=50)


class TestStandard(get_tap_test_class(TapKingdee, config=NOWHERE, suite_config=SUITE)):
    @pytest.fixture(scope="class")
    @classmethod
    def runner(cls, kingdee_settings, signals_of_the_test_run, bookkeeper):
        assert signals_of_the_test_run
        bookkeeper.save_outstocks(1, 2)
        bookkeeper.save_others()
        runner = TapTestRunner(TapKingdee, config=kingdee_settings, suite_config=SUITE)
        runner.sync_all()
        return runner
