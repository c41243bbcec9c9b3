from decimal import Decimal

import pytest
from erp_sdk.messages import decode, encode
from erp_sdk.money import decimal_or_none
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("sent", "meant"), [("2.0000", "2.0000"), (" 3 ", "3"), (7, "7"), (Decimal("0.1"), "0.1"), ("-1.5", "-1.5")]
)
def test_numbers_keep_every_digit(sent, meant):
    assert str(decimal_or_none(sent)) == meant


@pytest.mark.parametrize("sent", [None, "", "   "])
def test_blank_is_no_value(sent):
    assert decimal_or_none(sent) is None


@pytest.mark.parametrize("sent", [0.1, True])
def test_a_float_or_a_boolean_is_refused(sent):
    with pytest.raises(TypeError, match="not an exact number"):
        decimal_or_none(sent)


@pytest.mark.parametrize("sent", ["1,5", "NaN", "Infinity", "abc"])
def test_text_that_is_no_finite_number_is_refused(sent):
    with pytest.raises(ValueError, match="number"):
        decimal_or_none(sent)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_a_price_survives_the_wire_unchanged(price):
    assert decode(encode({"price": price}))["price"] == price
