"""How often Python looks for cycles of garbage: seldom, because messages, resources and records are trees."""

import gc


def collect_seldom() -> None:
    """Look after 50,000 new containers instead of 700; what is not part of a cycle is freed at once all the same."""
    gc.set_threshold(50_000, 20, 50)
