"""singer-sdk's standard tap tests against the sandbox; test_records.py holds what each dialect reads against it."""

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_wangdiantong.tap import TapWangdiantong

pytestmark = [
    # A schema is the union of the dialects' fields; the sandbox sends those it has data for.
    pytest.mark.filterwarnings("ignore:Fields in transformed catalog but not in records:UserWarning"),
    pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning"),
]

NOWHERE = {"sid": "-", "appkey": "-", "appsecret": "-:-", "app_key": "-", "app_secret": "-", "target_app_key": "-"}
SETTINGS = {
    name: {
        **NOWHERE,
        "dialect": dialect,
        "scene": scene,
        "start_date": "2026-03-30",
        "end_date": "2026-04-01",
        "calls_per_minute": 0,
        "retry_wait": 0.02,
    }
    for name, dialect, scene in (
        ("openapi", "openapi", "enterprise"),
        ("flagship", "flagship", "enterprise"),
        ("qimen_flagship", "qimen", "flagship"),
    )
}


@pytest.fixture(scope="module", autouse=True)
def _served(erp_sandbox):
    """The tests take the settings when they run: by then they name the sandbox."""
    for name, config in SETTINGS.items():
        config.update(erp_sandbox.credentials["wangdiantong"][name])


def standard(name):
    # Thousands of tests of single properties: test_streams.py holds whole records against the schemas instead.
    return get_tap_test_class(
        TapWangdiantong,
        config=SETTINGS[name],
        suite_config=SuiteConfig(max_records_limit=40),
        include_stream_attribute_tests=False,
    )


class TestOpenApi(standard("openapi")):
    pass


class TestFlagship(standard("flagship")):
    pass


class TestQimenFlagship(standard("qimen_flagship")):
    pass
