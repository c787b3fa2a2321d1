"""What is refused as a password, and what is not."""

from __future__ import annotations

import pytest

from webapp.errors import PasswordCommon, PasswordTooShort
from webapp.team.password_rules import check

_COMMON = """
1234567890 0987654321 1111111111 12341234 1020304050 5201314520 12345678910 1234554321 19870412ada
password123 passw0rd123 P@ssw0rd2024 password!!!! passwordpassword Password123! qwertyuiop
1q2w3e4r5t 1qaz2wsx3edc zaq12wsxcde3 q1w2e3r4t5y6 !QAZ2wsx#EDC asdfghjkl; zxcvbnm123 147258369a
qwer1234qwer asdfasdfasdf abcdefghij abc123abc123 iloveyou123 princess123 football123 baseball123
welcome123 letmein123 changeme123 superman123 michael123 sunshine123 computer123 monkeydragon
trustno1trustno1 starwars1977 Summer2026! Winter2025!! administrator admin@1234 Admin12345
hunter2hunter2 woaini1314 mynameisada adalovelace1 Ada.Lovelace Liaochat2026! liaochatliaochat
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
"""
_FINE = """
correcthorsebatterystaple Tr0ub4dor&3x kettle-orbit-93 mj9Kd02lxQ schneewittchenwald 58392017464921
lemon.tree.walks river7Stone!k qz8#mVp2Lw treehugger-77 tiger-guitar-summer-house
我的密码很长很安全的呀啊
"""


@pytest.mark.parametrize("password", [one for one in _COMMON.split() if len(one) >= 10])
def test_what_guessers_try_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordCommon):
        check(password, "Ada Lovelace")


@pytest.mark.parametrize("password", _FINE.split())
def test_what_nobody_would_guess_is_taken(password: str) -> None:
    check(password, "Ada Lovelace")


@pytest.mark.parametrize("password", ["", "mj9Kd02lx", "\ufb03\ufb03\ufb03"])
def test_a_password_has_ten_characters(password: str) -> None:
    with pytest.raises(PasswordTooShort):
        check(password, "Ada")


def test_a_password_as_long_as_a_request_is_read_in_no_time() -> None:
    check("mj9Kd02lxQ" + "qwertyuioplkjhgfdsa" * 800, "Ada")
