"""What the harness of the cluster tests says where it waits in vain."""

from __future__ import annotations

import pytest

from harness.cluster import wait_until


def test_a_wait_in_vain_names_what_is_left_at_its_end_not_at_its_beginning() -> None:
    left = ["raylet", "scratch"]

    with pytest.raises(AssertionError, match=r"there is \['scratch'\]"):
        wait_until(lambda: left.remove("raylet"), lambda: f"there is {left}", 0)
