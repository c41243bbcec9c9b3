"""Personal data in dead letters: masked where people look, encrypted or left out at rest."""

from __future__ import annotations

import json

import pytest

PHONE, NAME, ADDRESS = "13912345678", "演示收货人", "示例市样例路1号"
NICK = "KH99998"  # what a buyer is called, and the number of a customer that is not in Kingdee


@pytest.fixture
def refused(document, schema):
    """Messages of a document that Kingdee refuses with a sentence that quotes a personal value."""
    message = document(1, FCustomerID={"FNumber": NICK}, FLinkMan=NAME)
    message["source"]["record"] |= {
        "nick_name": NICK,
        "receiver_name": NAME,
        "parcels": [{"mobile": int(PHONE), "full_address": {"street": ADDRESS, "zip": None}}],
        "member_level": "金卡会员",
        "amount": 1.10,
    }
    return [schema, message]


@pytest.fixture
def tell(target):
    def run(*command: str, **settings) -> dict:
        outcome = target.tell("dead-letters", *command, **settings)
        assert outcome.exit_code == 0, outcome.stderr
        return json.loads(outcome.stdout)

    return run


@pytest.fixture
def key(target) -> str:
    return target.command("dead-letters", "new-key").stdout.strip()


def at_rest(target) -> bytes:
    return b"".join(path.read_bytes() for path in target.home.glob("ledger.sqlite*"))


def test_listings_and_show_mask_personal_fields_and_the_sentences_that_quote_them(kingdee, target, refused, tell):
    target.run(refused)

    told = [
        target.tell("dead-letters", "list").stdout,
        target.tell("dead-letters", "list", "--json").stdout,
        target.tell("dead-letters", "show", "1").stdout,
    ]

    assert all(value not in text for text in told for value in (PHONE, NAME, ADDRESS))
    letter = tell("show", "1")
    assert letter["record"]["parcels"] == [{"mobile": "1***", "full_address": "***"}]
    assert letter["record"]["order_no"] == kingdee.number(1)
    assert letter["model"]["FLinkMan"] == "演***"
    assert "***" in letter["message"]
    assert NICK not in letter["message"]
    whole = tell("show", "1", "--unmasked")
    assert whole["record"]["parcels"][0]["mobile"] == int(PHONE)
    assert NICK in whole["message"]
    assert tell("export") == whole


def test_further_fields_are_personal_when_the_settings_say_so(target, refused, tell):
    target.run(refused)

    assert tell("show", "1")["record"]["member_level"] == "金卡会员"
    assert tell("show", "1", personal_fields=["MEMBER_*"])["record"]["member_level"] == "金***"


def test_encrypted_letters_hold_no_personal_data_at_rest_and_open_with_the_key(target, refused, tell, key):
    target.run(refused, personal_data="encrypt", personal_data_key=key)

    kept = at_rest(target)
    assert all(value.encode() not in kept for value in (PHONE, NAME, ADDRESS))
    letter = tell("export")
    assert letter["protection"] == "encrypted"
    assert list(letter["record"]["receiver_name"]) == ["encrypted"]
    assert letter["record"]["member_level"] == "金卡会员"
    whole = tell("export", personal_data_key=key)
    assert whole["record"] == refused[1]["source"]["record"]
    assert whole["model"] == refused[1]["record"]
    assert NICK in whole["message"]
    assert NICK not in letter["message"]
    assert "gAAAA" not in tell("show", "1")["message"]
    assert tell("show", "1", "--unmasked", personal_data_key=key) == whole


def test_an_export_without_the_key_says_that_fields_stay_encrypted(target, refused, key):
    target.run(refused, personal_data="encrypt", personal_data_key=key)

    outcome = target.tell("dead-letters", "export")

    assert outcome.exit_code == 0
    assert "personal_data_key is not given" in outcome.sentence


def test_a_new_key_encrypts_and_the_former_ones_still_open(target, refused, document, tell, key):
    new = target.command("dead-letters", "new-key").stdout.strip()
    target.run(refused, personal_data="encrypt", personal_data_key=key)
    second = document(2, FCustomerID={"FNumber": "KH99999"})
    target.run([refused[0], second], personal_data="encrypt", personal_data_key=f"{new}, {key}")

    assert tell("show", "1", "--unmasked", personal_data_key=f"{new},{key}")["model"]["FLinkMan"] == NAME
    assert tell("show", "2", "--unmasked", personal_data_key=new)["record"] == second["source"]["record"]
    wrong = target.tell("dead-letters", "show", "1", "--unmasked", personal_data_key=new)
    assert (wrong.exit_code, "behind the present one" in wrong.sentence) == (1, True)


def test_omitted_personal_data_is_nowhere_and_everything_else_is_there(target, refused, tell):
    target.run(refused, personal_data="omit")

    kept = at_rest(target)
    assert all(value.encode() not in kept for value in (PHONE, NAME, ADDRESS))
    letter = tell("export")
    assert letter["protection"] == "omitted"
    assert "receiver_name" not in letter["record"]
    assert letter["record"]["amount"] == 1.10
    assert "FLinkMan" not in letter["model"]
    assert letter["reason"] == "base_data_missing"


def test_a_letter_without_personal_data_is_kept_as_it_is(target, document, schema, tell):
    message = document(1, FCustomerID={"FNumber": "KH99999"})
    message["source"]["record"] = {"order_no": "A"}

    target.run([schema, message], personal_data="omit")

    assert tell("export")["protection"] == "none"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"personal_data": "encrypt"}, "personal_data=encrypt needs the setting personal_data_key"),
        ({"personal_data": "encrypt", "personal_data_key": "secret words"}, "personal_data_key is no Fernet key"),
        ({"personal_data": "encrypt", "personal_data_key": ","}, "personal_data_key is no Fernet key"),
    ],
)
def test_what_cannot_encrypt_stops_before_the_first_document(kingdee, target, documents, settings, said):
    outcome = target.run(documents(1), **settings)

    assert (outcome.exit_code, said in outcome.sentence) == (2, True), outcome.sentence
    assert "secret words" not in outcome.stderr
    assert kingdee.held() == {}


def test_a_missing_package_is_a_sentence_that_names_it(target, documents, monkeypatch, key):
    monkeypatch.setitem(__import__("sys").modules, "cryptography.fernet", None)

    outcome = target.run(documents(1), personal_data="encrypt", personal_data_key=key)

    assert (outcome.exit_code, "target-kingdee[encryption]" in outcome.sentence) == (2, True)
