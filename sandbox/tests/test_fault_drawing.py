"""Fault plans drawn from a seed."""

import pytest
import requests
import yaml
from click.testing import CliRunner
from erp_sandbox import fault_kinds
from erp_sandbox.cli import cli
from erp_sandbox.vendors import VENDORS

BOTH = sorted(VENDORS)
CHOICES = {"nth", "every", "first", "chance"}


@pytest.fixture
def draw(erp_sandbox, faults):  # noqa: ARG001 - for its clean-up
    """Put a drawn plan in force and return what is shown of it: `draw(seed=17)`."""

    def put(**plan):
        return erp_sandbox.post("faults", plan)

    return put


def entries(shown):
    return [{k: v for k, v in entry.items() if k not in {"seen", "fired"}} for entry in shown["faults"]]


def printed(*options):
    done = CliRunner().invoke(cli, ["faults", *options])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_same_seed_gives_the_same_faults_and_another_others(draw, erp_sandbox):
    once = draw(seed=17)

    assert entries(once)
    assert once["drawn"] == {"seed": 17}
    assert entries(draw(seed=18)) != entries(once)
    assert entries(draw(seed=17)) == entries(once)
    assert entries(erp_sandbox.get("faults")) == entries(once)


def test_over_many_seeds_every_kind_of_every_vendor_comes_and_each_is_short_and_soon_over(draw):
    seen = set()
    for seed in range(1, 201):
        for entry in entries(draw(seed=seed)):
            seen.add((entry["vendor"], entry["kind"]))
            assert len(CHOICES & entry.keys()) == 1
            assert "nth" in entry or entry["times"] <= 3
            assert entry.get("seconds", 0) <= (1 if entry["kind"] == "slow" else 2)
            if entry["kind"].startswith(("timeout", "slow", "refused")):
                assert entry["seconds"] > 0
    assert seen == {(name, kind) for name in BOTH for kind in fault_kinds.names() | set(VENDORS[name].own_faults)}


def test_vendors_and_kinds_can_be_chosen(draw):
    kinds = ["reset_after", "slow"]
    drawn = [entry for seed in range(20) for entry in entries(draw(seed=seed, vendors=["kingdee"], kinds=kinds))]

    assert {entry["vendor"] for entry in drawn} == {"kingdee"}
    assert {entry["kind"] for entry in drawn} == {"reset_after", "slow"}


def test_a_higher_intensity_hits_more_calls(wdt, draw, erp_sandbox):
    def hit(intensity):
        made = 0
        for seed in range(8):
            draw(seed=seed, intensity=intensity, vendors=["wangdiantong"], kinds=["http_502", "http_503", "html"])
            for _ in range(10):
                wdt.enterprise.send("shop")
            made += len(erp_sandbox.get("faults")["log"])
        return made

    assert hit(0.01) < hit(0.5)


def test_the_same_calls_meet_the_same_faults_again(wdt, draw, erp_sandbox):
    plan = {"seed": 5, "intensity": 0.4, "vendors": ["wangdiantong"], "kinds": ["http_502", "http_500", "busy", "html"]}

    def log():
        draw(**plan)
        for _ in range(25):
            wdt.enterprise.send("shop")
        return erp_sandbox.get("faults")["log"]

    first = log()
    assert len({fault["kind"] for fault in first}) > 1
    assert log() == first


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"seed": "x"}, "seed"),
        ({"seed": 1, "colour": "red"}, "colour"),
        ({"seed": 1, "intensity": 0}, "intensity"),
        ({"seed": 1, "intensity": 1.5}, "intensity"),
        ({"seed": 1, "vendors": ["sap"]}, "'sap'"),
        ({"seed": 1, "vendors": ["wangdiantong"], "kinds": ["locked"]}, "'locked'"),
        ({"seed": 1, "faults": []}, "faults"),
    ],
)
def test_a_wrong_one_is_refused_in_one_sentence(erp_sandbox, plan, words):
    answer = requests.post(f"{erp_sandbox.url}/_sandbox/faults", json=plan, timeout=30)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_drawn_plan_is_printed_saved_edited_and_served(draw, erp_sandbox, faults):
    text = printed("--seed", "17", "--intensity", "0.2", "--vendor", "kingdee")

    plan = yaml.safe_load(text)
    faults(*plan["faults"])
    as_listed = entries(erp_sandbox.get("faults"))
    assert as_listed == entries(draw(seed=17, intensity=0.2, vendors=["kingdee"]))
    assert len(text.splitlines()) == 1 + len(plan["faults"])
    only = yaml.safe_load(printed("--seed", "1", "--kind", "slow", "--kind", "html"))["faults"]
    assert {entry["kind"] for entry in only} == {"slow", "html"}


def test_a_file_and_a_seed_at_once_are_one_too_many(tmp_path):
    plan = tmp_path / "plan.yml"
    plan.write_text("[]", encoding="utf-8")
    done = CliRunner().invoke(
        cli, ["--state", str(tmp_path / "x"), "serve", "--faults", str(plan), "--fault-seed", "1"]
    )

    assert done.exit_code == 2
    assert done.stderr == "erp-sandbox: Give either --faults or --fault-seed.\n"
