"""The whole suite collects garbage as seldom as the product does: thousands of tests hold many objects."""

from streams.collector import collect_seldom

collect_seldom()
