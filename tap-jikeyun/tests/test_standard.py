"""singer-sdk's standard tap tests against the sandbox."""

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_jikeyun.tap import TapJikeyun

pytestmark = [
    # A schema has what the vendor documents; the sandbox sends what it has data for.
    pytest.mark.filterwarnings("ignore:Fields in transformed catalog but not in records:UserWarning"),
    pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning"),
]

SETTINGS = {
    "base_url": "-",
    "appkey": "-",
    "appsecret": "-",
    "member_name": "-",
    "start_date": "2026-03-30",
    "calls_per_minute": 0,
    "calls_per_second": 0,
}


@pytest.fixture(scope="module", autouse=True)
def _served(erp_sandbox):
    """The tests take the settings when they run: by then they name the sandbox."""
    SETTINGS.update(erp_sandbox.credentials["jikeyun"]["openapi"])


class TestTapJikeyun(get_tap_test_class(TapJikeyun, config=SETTINGS, suite_config=SuiteConfig(max_records_limit=40))):
    pass
