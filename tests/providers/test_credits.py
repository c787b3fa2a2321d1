"""What is read of an answer about credits, and what is passed over."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.providers.credits import Account, Charge, parse_credits, parse_user

_AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


def _row(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "tokens": 30,
        "input_tokens": 10,
        "output_tokens": 20,
        "model": "gpt-5.4",
        "price": 0.0125,
        "cache_hit_tokens": 0,
        "cache_creation_tokens": 0,
        "create_time": int(_AT.timestamp() * 1000) - number,
        **fields,
    }


def _credits(*rows: object, **usage: Any) -> Account | None:
    told = {"balance": 85.5, "amount": 100.0}
    listed = {"pageSize": 50, "nextId": "", "list": list(rows), **usage}
    return parse_credits(json.dumps({"data": told, "usage": listed}).encode())


def test_a_balance_is_read_to_the_last_digit() -> None:
    official = parse_credits(b'{"data": {"balance": 85.10, "amount": 100.0}}')
    classic = parse_user(b'{"authcode": "x", "amount": 100, "balance": 85.10}')

    assert official == classic == Account(Decimal("85.10"), Decimal(100))


def test_a_page_of_charges_is_read_with_the_way_to_the_next() -> None:
    account = _credits(_row(1), _row(2, model="claude\n4"), nextId="n3")

    assert account is not None
    first, second = account.charges or ()
    assert first.id == "c1"
    assert first.at < _AT
    assert (first.model, first.price, first.tokens) == ("gpt-5.4", Decimal("0.0125"), 30)
    assert second.model == "claude 4"
    assert account.behind == "n3"


def test_usage_is_found_inside_the_data_as_well() -> None:
    told = {"balance": 1, "usage": {"list": [_row()], "nextId": 7}}

    account = parse_credits(json.dumps({"data": told}).encode())

    assert account is not None
    assert [one.id for one in account.charges or ()] == ["c1"]
    assert account.behind == "7"


@pytest.mark.parametrize("balance", [0, -3.25, "85.5", "-1", 999_999_999])
def test_a_balance_may_be_nothing_less_or_a_text(balance: object) -> None:
    account = parse_credits(json.dumps({"data": {"balance": balance}}).encode())

    assert account is not None
    assert account.balance == Decimal(str(balance))
    assert account.amount is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"85.5"',
        b"<!DOCTYPE html><title>Check</title>",
        b'{"data": null}',
        b'{"data": []}',
        b'{"data": {}}',
        b'{"data": {"balance": null}}',
        b'{"data": {"balance": true}}',
        b'{"data": {"balance": []}}',
        b'{"data": {"balance": "much"}}',
        b'{"data": {"balance": "1e5"}}',
        b'{"data": {"balance": "\xd9\xa3"}}',
        b'{"data": {"balance": NaN}}',
        b'{"data": {"balance": Infinity}}',
        b'{"data": {"balance": 1e9}}',
        b'{"data": {"balance": -1e9}}',
        b'{"data": {"balance": 1e999999999}}',
        b'{"data": {"balance": 1e99999999999999999999}}',
        b'{"data": {"balance": ' + b"9" * 5000 + b"}}",
        b'{"data": {"balance": 1' + b"[" * 100_000,
        b"[" * 100_000,
        b'{"data": {"balance": 85.5',
        b"\xff\xfe{}",
        b"\x00",
    ],
)
def test_what_tells_no_balance_is_as_if_it_had_not_come(body: bytes) -> None:
    assert parse_credits(body) is None
    assert parse_user(body) is None


@pytest.mark.parametrize("amount", [0, -100, "x", None, 1e12, [1]])
def test_an_amount_that_is_none_is_left_out(amount: object) -> None:
    told = json.dumps({"balance": 5, "amount": amount}).encode()

    assert parse_user(told) == Account(Decimal(5))


@pytest.mark.parametrize(
    "row",
    [
        None,
        "c1",
        _row(id=None),
        _row(id=True),
        _row(id="x" * 201),
        _row(id="a\nb"),
        _row(price=None),
        _row(price="dear"),
        _row(price=1e300),
        _row(create_time=None),
        _row(create_time=0),
        _row(create_time=-1),
        _row(create_time=1e300),
        _row(create_time="yesterday"),
        _row(create_time=True),
    ],
)
def test_a_charge_that_makes_no_sense_is_passed_over(row: object) -> None:
    account = _credits(row, _row(2))

    assert account is not None
    assert [one.id for one in account.charges or ()] == ["c2"]


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({"tokens": None}, 30),
        ({"tokens": None, "input_tokens": "x"}, 20),
        ({"tokens": -5}, 0),
        ({"tokens": "12"}, 12),
    ],
)
def test_tokens_are_those_that_can_be_read(fields: dict[str, Any], tokens: int) -> None:
    account = _credits(_row(**fields))

    assert account is not None
    assert account.charges is not None
    assert account.charges[0].tokens == tokens


def test_a_list_that_begins_with_the_oldest_is_not_understood() -> None:
    account = _credits(_row(2), _row(1))

    assert account is not None
    assert account.charges is None


@pytest.mark.parametrize("behind", [None, True, [], "x" * 201, "a\r\nb"])
def test_a_way_further_that_is_none_is_the_end(behind: object) -> None:
    account = _credits(_row(), nextId=behind)

    assert account is not None
    assert account.behind == ""


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["data", "usage", "list", "balance", "amount", "id", "price", "nextId"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_whatever_comes_is_read_or_passed_over(document: object) -> None:
    body = json.dumps(document).encode()

    for account in (parse_credits(body), parse_user(body)):
        assert account is None or abs(account.balance) < 10**9
        for charge in () if account is None else account.charges or ():
            assert isinstance(charge, Charge)
