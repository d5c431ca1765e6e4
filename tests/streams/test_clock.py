"""The clock."""

import time

from streams.clock import now_us


def test_now_is_in_microseconds() -> None:
    assert abs(now_us() / 1e6 - time.time()) < 60
