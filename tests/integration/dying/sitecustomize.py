"""Imported by each worker of the path fault test: some commits end in kill -9, half of them before they happen."""

import os
import random
import signal

SHARE = float(os.environ.get("WARDLINE_TEST_DEATH_SHARE", "0"))

if SHARE:
    import confluent_kafka

    class DyingProducer(confluent_kafka.Producer):
        """Kills its own process now and then, with the transaction open and flushed, or just after it committed."""

        def commit_transaction(self, *args: float) -> None:
            fate = random.random()
            if fate < SHARE / 2:
                os.kill(os.getpid(), signal.SIGKILL)
            super().commit_transaction(*args)
            if fate < SHARE:
                os.kill(os.getpid(), signal.SIGKILL)

    confluent_kafka.Producer = DyingProducer
