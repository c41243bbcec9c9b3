"""singer-sdk's standard tap tests against the sandbox."""

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_jushuitan.tap import TapJushuitan

pytestmark = [
    # A schema has all fields that the vendor documents; the sandbox sends those it has data for.
    pytest.mark.filterwarnings("ignore:Fields in transformed catalog but not in records:UserWarning"),
    pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning"),
]

SETTINGS = {
    "app_key": "-",
    "app_secret": "-",
    "start_date": "2026-03-20",
    "end_date": "2026-04-02",
    "distributors_whole": True,  # they have changed long ago
    "calls_per_minute": 0,
    "calls_per_second": 0,
}


@pytest.fixture(scope="module", autouse=True)
def _served(erp_sandbox, tmp_path_factory):
    """The tests take the settings when they run: by then they name the sandbox."""
    given = erp_sandbox.credentials["jushuitan"]["merchant"]
    SETTINGS.update({name: given[name] for name in ("base_url", "app_key", "app_secret")})
    SETTINGS["token_path"] = str(tmp_path_factory.mktemp("token") / "token.json")


class TestJushuitan(get_tap_test_class(TapJushuitan, config=SETTINGS, suite_config=SuiteConfig(max_records_limit=40))):
    pass
