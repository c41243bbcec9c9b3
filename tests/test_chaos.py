"""The campaign: a fixed selection of seeds passes, and what would be wrong is seen."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chaos import play as plays
from chaos.ground import Postgres, find_or_prepare
from chaos.play import Play
from chaos.said import check_log, secrets_of
from chaos.script import write_script
from chaos.seeds import SeedsError, parse_seeds, repeat_command
from chaos.truth import Found, Letter, Touched, check_always, check_end, due_documents, unexpected_letters

ROOT = Path(__file__).resolve().parent.parent
SELECTION = "8,230"  # SIGKILL of the target and Postgres; a second run and a full disk
START, END = "2026-03-31 00:00:00", "2026-03-31 06:00:00"


@pytest.fixture
def ground(seeded_states):
    """What seeds stand on, made once for all tests."""
    with seeded_states.alone():
        return find_or_prepare(seeded_states.folder / "ground")


def test_a_fixed_selection_of_seeds_passes_and_leaves_nothing_behind(tmp_path, ground):
    report = tmp_path / "report.json"
    home = tmp_path / "chaos"
    command = [sys.executable, "-m", "chaos", "--seeds", SELECTION, "--home", str(home), "--report", str(report)]
    command += ["--ground", str(ground.home.parent)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(report.read_text(encoding="utf-8"))
    assert (told["seeds"], told["lost"], told["doubled"], told["failed"]) == (2, 0, 0, [])
    assert {"kill target-kingdee KILL", "second_run", "disk_full"} <= set(told["struck"])
    assert told["faults"]
    assert [seed for seed in parse_seeds(SELECTION) if write_script(seed).postgres]
    assert not list(home.iterdir())
    assert "Chaos campaign" in done.stdout


# What breaks a real run's result is seen, in the sandbox's own truth.


def test_documents_that_are_altered_deleted_and_made_twice_in_kingdee_fail_the_seed_and_keep_its_folder(
    ground, tmp_path, monkeypatch
):
    calm = replace(write_script(151), rounds=(), sandbox=("--limits", "off"), postgres=False)
    monkeypatch.setattr(plays, "write_script", lambda _seed: calm)

    class Sabotaged(Play):
        def _judge(self):
            altered, deleted, renumbered = sorted(
                one["FBillNo"] for one in self._place.sandbox.show("kingdee/SAL_OUTSTOCK")
            )[:3]
            self.numbers = {"altered": altered, "lost": deleted, "extra": "CK1"}
            control = self._place.sandbox.post
            control("kingdee/edit-document", {"form": "SAL_OUTSTOCK", "number": altered, "lines": [{"FRealQty": "77"}]})
            control("kingdee/delete-documents", {"form": "SAL_OUTSTOCK", "numbers": [deleted]})
            control("kingdee/edit-document", {"form": "SAL_OUTSTOCK", "number": renumbered, "set": {"FBillNo": "CK1"}})
            super()._judge()

    sabotaged = Sabotaged(151, ground, Postgres(), tmp_path / "seed-151")
    outcome = sabotaged.run()

    assert not outcome.passed
    # The bookmark is past the document that is gone, which is what the check after each round finds first.
    named = {
        (problem.kind, sabotaged.numbers[problem.kind]) for problem in outcome.problems if problem.kind != "bookmark"
    }
    told = [problem.text for problem in outcome.problems]
    assert {kind for kind, _ in named} >= {"altered", "lost", "extra"}, told
    for kind, number in named:
        assert any(problem.kind == kind and number in problem.text for problem in outcome.problems), told
    assert any(problem.kind == "bookmark" for problem in outcome.problems), told
    kept = {path.name for path in (tmp_path / "seed-151").iterdir()}
    assert {"ledger.sqlite", "meltano.db", "run-01.log", "script.json", "problems.txt"} <= kept


# The checks, each shown what it must not let pass.


def shipped(number=1, modified="2026-03-31 01:00:00"):
    return {
        "stockout_id": 800000 + number, "order_no": f"CK{number}", "status": "110", "logistics_no": f"SF{number}",
        "modified": modified, "details": [{"goods_count": "2.0000", "sell_price": "1.2950"}],
    }  # fmt: skip


def held(number=1, status="C", amount="2.59", mark=None):
    return {
        "FBillNo": f"CK{number}", "FDocumentStatus": status, "FCarriageNO": mark or f"SF{number}",
        "FEntity": [{"FRealQty": "2", "FAllAmount": amount}],
    }  # fmt: skip


def due(*documents):
    return due_documents(documents or [shipped(1), shipped(2)], START, END)


def found(*kingdee, letters=(), bookmark="", statuses=None):
    return Found(bookmark, list(kingdee), list(letters), statuses or {})


def kinds(problems):
    return sorted({problem.kind for problem in problems})


MISSING = Letter("800002", "CK2", "code_missing")
EXPECTED = {"800002": "code_missing"}


def test_what_is_delivered_or_dead_lettered_as_expected_is_no_problem():
    assert check_end(due(), found(held(1), letters=[MISSING], bookmark=END), Touched(), EXPECTED) == []


@pytest.mark.parametrize(
    ("there", "sees"),
    [
        (found(held(1)), ["lost"]),
        (found(held(1), held(1), held(2)), ["doubled"]),
        (found(held(1), held(2), held(3, mark="SF1")), ["doubled", "extra"]),
        (found(held(1), held(2), held(9)), ["extra"]),
        (found(held(1, amount="2.60"), held(2)), ["altered"]),
        (found(held(1, status="B"), held(2)), ["not_audited"]),
        (found(held(1), held(2), letters=[MISSING]), ["both"]),
        (found(held(1), letters=[Letter("800002", "CK2", "rejected")]), ["letter"]),
        (found(held(1), held(2), letters=[Letter("800009", None, "rejected")]), ["letter"]),
    ],
)
def test_every_way_to_be_wrong_at_the_end_is_seen(there, sees):
    assert kinds(check_end(due(), there, Touched(), {})) == sees


def test_a_bookmark_ahead_of_what_is_delivered_is_seen_at_any_moment():
    ahead = found(held(1), bookmark="2026-03-31 01:00:01")

    assert kinds(check_always(due(), ahead, Touched())) == ["bookmark"]
    assert check_always(due(), replace(ahead, bookmark="2026-03-31 01:00:00"), Touched()) == []
    assert check_always(due(), replace(ahead, letters=[MISSING]), Touched()) == []


def test_a_bookmark_past_a_document_that_nobody_will_audit_is_seen():
    left = found(held(1), held(2, status="A"), bookmark="2026-03-31 02:00:00")

    assert kinds(check_always(due(), left, Touched())) == ["bookmark"]
    assert check_always(due(), replace(left, statuses={"CK2": "saved"}), Touched()) == []


def test_what_a_person_changed_or_deleted_in_kingdee_is_reported_and_not_overwritten():
    touched = Touched(edited={"CK1"}, deleted={"CK2"})
    letters = [Letter("800001", "CK1", "changed_in_kingdee"), Letter("800002", "CK2", "deleted_in_kingdee")]
    there = found(held(1, status="A"), letters=letters, bookmark=END)

    assert check_end(due(), there, touched, {}) == []
    assert kinds(check_end(due(), there, Touched(), {})) == ["both", "letter"]
    assert unexpected_letters(there, touched, {}) == []
    assert unexpected_letters(there, Touched(), {}) == letters


def test_documents_outside_the_times_that_are_read_are_not_due():
    late = shipped(3, modified="2026-03-31 06:00:01")

    assert list(due(shipped(1), late)) == ["CK1"]


# What runs say.


@pytest.mark.parametrize(
    ("text", "code", "sees"),
    [
        ("[info     ] target-kingdee all is well\n", 0, []),
        ("[info     ] target-kingdee Traceback (most recent call last):\n", 1, ["traceback"]),
        ("[error    ] meltano      Traceback (most recent call last)\n", 1, []),
        ("[info     ] mapper-kd unexpected KeyError: 'a'. This is a defect of the connector: …\n", 1, ["defect"]),
        ("[info     ] tap-wangdiantong signing with hunter2-hunter2\n", 1, ["secret"]),
        ("", 2, ["exit_code"]),
        ("", -9, []),
    ],
)
def test_logs_are_searched_for_tracebacks_defects_secrets_and_exit_codes(tmp_path, text, code, sees):
    log = tmp_path / "run-01.log"
    log.write_text(text, encoding="utf-8")

    assert (
        kinds(check_log(log, code, secrets_of({"a": {"appsecret": "hunter2-hunter2:short", "sid": "demo-account"}})))
        == sees
    )


# The selection of seeds.


@pytest.mark.parametrize(
    ("text", "seeds"), [("17", [17]), ("1-3", [1, 2, 3]), ("1,5,9-12", [1, 5, 9, 10, 11, 12]), ("3,1-3", [3, 1, 2])]
)
def test_seeds_are_numbers_and_ranges(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "1-", "-3", "3-1", "1;2", "1-1000000"])
def test_anything_else_is_one_sentence_and_exit_2(text):
    with pytest.raises(SeedsError):
        parse_seeds(text)


def test_a_wrong_selection_on_the_command_line_says_what_to_write():
    done = subprocess.run(
        [sys.executable, "-m", "chaos", "--seeds", "one"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "SEEDS=one is no selection of seeds" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_seed_is_repeated_by_the_command_that_a_failure_prints():
    assert repeat_command([17]) == "make chaos SEEDS=17"
    assert repeat_command([3, 5]) == "make chaos SEEDS=3,5"


def test_a_seed_decides_everything():
    assert write_script(17) == write_script(17)
    assert len({repr(write_script(seed)) for seed in range(50)}) == 50
