import subprocess
import sys
import textwrap
import time

from erp_sdk.budget import Budget


def test_calls_within_the_budget_do_not_wait(tmp_path):
    budget = Budget(20, "account", tmp_path)

    begin = time.monotonic()
    for _ in range(20):
        budget.take()

    assert time.monotonic() - begin < 5
    assert budget.calls == 20
    assert budget.waited < 5
    budget.close()


def test_processes_share_an_account_and_only_that(tmp_path):
    take = textwrap.dedent("""
        import sys
        from erp_sdk.budget import Budget
        budget = Budget(3, sys.argv[1], sys.argv[2])
        budget.take()
        budget.close()
    """)
    for account in ("one", "one", "two"):
        subprocess.run([sys.executable, "-c", take, account, str(tmp_path)], check=True)

    one, two = Budget(3, "one", tmp_path), Budget(3, "two", tmp_path)

    assert one.left() == 1
    assert two.left() == 2
    one.close()
    two.close()


def test_a_spent_budget_makes_the_next_call_wait(tmp_path, monkeypatch):
    monkeypatch.setattr("erp_sdk.budget.MINUTE_MILLISECONDS", 300)
    monkeypatch.setattr("erp_sdk.budget.MARGIN_MILLISECONDS", 100)
    budget = Budget(2, "account", tmp_path)

    waits = [budget.take() for _ in range(3)]

    assert max(waits[:2]) < 0.3
    assert waits[2] > 0.1
    assert budget.waited >= waits[2]
    budget.close()


def test_no_minute_holds_more_calls_than_allowed_whoever_makes_them(tmp_path):
    """Three processes of two threads each, a minute of 1 s and a margin of 250 ms; told are the times of the places."""
    take = textwrap.dedent("""
        import sys, threading, time
        import erp_sdk.budget as module
        module.MINUTE_MILLISECONDS, module.MARGIN_MILLISECONDS = 1000, 250
        budget, clock, noted = module.Budget(20, "account", sys.argv[1]), module._now, threading.local()
        def now(bucket):
            noted.at = clock(bucket)
            return noted.at
        module._now = now
        end = float(sys.argv[2])
        def work():
            while time.time() < end:
                budget.take()
                sys.stdout.write(f"{noted.at}\\n")
        threads = [threading.Thread(target=work) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        budget.close()
    """)
    command = [sys.executable, "-c", take, str(tmp_path), str(time.time() + 6)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate()[0] for process in processes]
    places = sorted(int(line) for text in said for line in text.splitlines())

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert max(sum(first <= place < first + 1250 for place in places) for first in places) == 20
    assert len(places) >= 40


def test_no_limit_means_no_file(tmp_path):
    budget = Budget(0, "account", tmp_path / "budget")

    assert budget.take() == 0
    assert not (tmp_path / "budget").exists()


def test_a_folder_that_cannot_be_used_does_not_stop_the_run(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("")

    budget = Budget(2, "account", blocked)

    assert budget.take() < 1
    assert "budget_path" in caplog.text
    budget.close()


def test_the_file_does_not_name_the_account(tmp_path):
    budget = Budget(2, "https://erp.example|seller|key", tmp_path)
    budget.take()
    budget.close()

    assert not [path for path in tmp_path.iterdir() if "seller" in path.name]


def test_a_second_has_a_limit_of_its_own_over_all_processes(tmp_path):
    take = textwrap.dedent("""
        import sys, time
        from erp_sdk.budget import Budget
        budget = Budget(100, "account", sys.argv[1], calls_per_second=4)
        for _ in range(6):
            budget.take()
            sys.stdout.write(f"{time.time()}\\n")
        budget.close()
    """)
    command = [sys.executable, "-c", take, str(tmp_path)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    taken = sorted(float(line) for process in processes for line in process.communicate()[0].splitlines())

    assert len(taken) == 12
    assert max(sum(first <= moment < first + 1 for moment in taken) for first in taken) <= 4
    assert taken[-1] - taken[0] < 10
