"""When a stage counts as stuck: `/healthz` answers 503 after `STUCK_AFTER_S` of it."""

from streams.stage_metrics import StageMetrics

S = 1_000_000


def test_a_stage_that_hangs_in_its_first_batch_is_stuck() -> None:
    metrics = StageMetrics("decide")
    metrics.began(10 * S)
    assert metrics.stuck_s(75 * S) == 65


def test_a_stage_whose_batch_is_over_is_not_stuck() -> None:
    metrics = StageMetrics("decide")
    metrics.began(10 * S)
    metrics.committed(11 * S)
    metrics.batch(5, 1.0)
    assert metrics.stuck_s(75 * S) == 0
