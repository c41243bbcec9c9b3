from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from benchmarks.flow import UNTIL, last_days
from benchmarks.mapping.run import mapping_table, measure_mapping
from benchmarks.measure import BenchError, Command, run_pipe
from benchmarks.servers import stand_in
from benchmarks.tap_cases import CASES, FIRST, LAST, own_signals

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.usefixtures("compiled_once")


def benchmark(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--home", str(home), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def python(name: str, program: str) -> Command:
    return Command(name, [sys.executable, "-c", program])


def test_both_pipes_deliver_the_same_documents_and_the_benchmark_says_what_each_took(tmp_path):
    done = benchmark(tmp_path, "--days", "1", "--only", "pipe", "--no-startup")

    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())["pipe"]
    assert results["ours"]["delivered"] == results["stock"]["delivered"]
    assert results["ours"]["delivered"]["documents"] > 0
    assert set(results["ours"]["delivered"]["by_status"]) == {"C"}
    assert [used["name"] for used in results["ours"]["run"]["processes"]] == ["tap", "mapper", "target"]
    assert all(used["cpu"] > 0 and used["peak_mb"] > 0 for used in results["stock"]["run"]["processes"])
    assert "ours / stock" in done.stdout


def test_a_benchmark_of_no_days_is_refused_before_anything_is_written(tmp_path):
    done = benchmark(tmp_path / "home", "--days", "0")

    assert done.returncode == 2
    assert "--days" in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_pipe_hands_bytes_on_and_counts_each_process_apart(tmp_path):
    (tmp_path / "in").write_bytes(b"one\ntwo\n")
    busy = "import sys, time\nwhile time.process_time() < 0.3: pass\nsys.stdout.write(sys.stdin.read().upper())"
    large = "import sys; held = b'x' * 90_000_000; sys.stdout.write(sys.stdin.read()[::-1])"

    run = run_pipe(
        [python("busy", busy), python("large", large)], tmp_path, stdin=tmp_path / "in", stdout=tmp_path / "out"
    )

    assert (tmp_path / "out").read_bytes() == b"\nOWT\nENO"
    first, second = run.processes
    assert first.cpu >= 0.3 > second.cpu
    assert second.peak_mb > 90 > first.peak_mb


def test_a_process_that_fails_is_named_with_its_own_last_words(tmp_path):
    with pytest.raises(BenchError, match="second failed with exit code 3: no such form"):
        run_pipe(
            [
                python("first", "pass"),
                python("second", "import sys; print('no such form', file=sys.stderr); sys.exit(3)"),
            ],
            tmp_path,
        )


def test_a_benchmark_that_is_stopped_leaves_no_process_behind(tmp_path):
    tell = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))"
    sleeper = f"import os, time; {tell}; time.sleep(99)"
    program = (
        "import signal, sys\nfrom pathlib import Path\nfrom benchmarks.__main__ import stop\n"
        "from benchmarks.measure import Command, run_pipe\nsignal.signal(signal.SIGTERM, stop)\n"
        f"run_pipe([Command('sleeper', [sys.executable, '-c', {sleeper!r}])], Path({str(tmp_path)!r}))"
    )
    running = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
        assert running.poll() is None
        time.sleep(0.05)
    measured = psutil.Process(int((tmp_path / "pid").read_text()))

    running.terminate()

    assert running.wait(timeout=30) == 143
    assert psutil.wait_procs([measured], timeout=30)[1] == []


def test_the_null_kingdee_answers_every_document_of_a_batch(tmp_path):
    model = [{"FBillNo": f"CK{number}", "FEntity": [{"FRealQty": 1}]} for number in range(3)]
    service = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.BatchSave.common.kdsvc"
    with stand_in(tmp_path, "null_kingdee") as server:
        as_object = {"formid": "SAL_OUTSTOCK", "data": {"Model": model}}
        as_text = {"formid": "SAL_OUTSTOCK", "data": json.dumps({"Model": model})}
        answers = [
            requests.post(f"{server.url}/k3cloud/{service}", json=body, timeout=10).json()["Result"]["ResponseStatus"]
            for body in (as_object, as_text)
        ]

    for answer in answers:
        assert answer["IsSuccess"] is True
        assert [(row["DIndex"], row["Number"]) for row in answer["SuccessEntitys"]] == [
            (0, "CK0"),
            (1, "CK1"),
            (2, "CK2"),
        ]


def test_the_canned_wangdiantong_serves_each_document_once_whatever_the_windows(tmp_path):
    template = {
        "stockout_id": "1",
        "order_no": "x",
        "modified": "x",
        "status": "110",
        "details_list": [{"rec_id": "1"}] * 5,
    }
    (tmp_path / "templates.json").write_text(json.dumps([template]))
    windows = [
        ("2026-01-01 00:00:00", "2026-01-09 23:59:59"),
        ("2026-01-10 00:00:00", "2026-02-05 00:00:00"),
        ("2027-01-01 00:00:00", "2027-01-02 00:00:00"),
    ]
    seen, totals = [], []
    with stand_in(tmp_path, "canned_wangdiantong", str(tmp_path / "templates.json"), "250") as server:
        for start, end in windows:
            for page in range(3):
                form = {"start_time": start, "end_time": end, "page_no": page, "page_size": 100}
                url = f"{server.url}/openapi2/stockout_order_query_trade.php"
                answer = requests.post(url, data=form, timeout=10).json()
                totals += [answer["total_count"]] if page == 0 else []
                seen += [(row["stockout_id"], len(row["details_list"])) for row in answer["stockout_list"]]

    assert totals == [75, 175, 0]
    assert len(set(seen)) == len(seen) == 250
    assert {lines for _, lines in seen} == {5}


@pytest.mark.parametrize("case", CASES[:-1], ids=lambda case: case.name)
def test_a_stand_in_serves_its_tap_each_document_once_with_five_lines(case, erp_sandbox, tmp_path, capsysbinary):
    templates = case.write_templates(tmp_path, erp_sandbox.credentials, last_days(7, UNTIL))
    with stand_in(tmp_path, case.stand_in, str(templates), "250") as server, own_signals():
        settings = {"base_url": f"{server.url}{case.address}", "start_date": FIRST.isoformat()}
        if not case.state:
            settings["end_date"] = LAST.isoformat()
        config = case.config(tmp_path, erp_sandbox.credentials, **settings)
        case.tap(config=config, state=case.state).streams[case.stream].sync()

    messages = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    records = [message["record"] for message in messages if message["type"] == "RECORD"]
    assert len({json.dumps(record) for record in records}) == len(records) == 250
    assert {len(part) for record in records for part in record.values() if isinstance(part, list)} == {5}


def test_the_mapper_is_measured_beside_what_makes_the_same_documents(tmp_path):
    results = measure_mapping(tmp_path, 400, 1)

    assert [one.process for one in results] == [
        "bare msgspec",
        "Python by hand",
        "mapping",
        "Qeasy scheme",
        "scheme imported",
    ]
    assert all(one.run.processes[0].cpu > 0 and one.run.processes[0].peak_mb > 0 for one in results)
    assert "of bare msgspec" in mapping_table(results)
