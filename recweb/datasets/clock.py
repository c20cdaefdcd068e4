"""Seconds of the log as moments; a place in an order without a clock is none (training.order)."""

from datetime import UTC, datetime

CLOCK = -1_000_000_000  # training.order.CLOCK, which the web process does not load


def moment(at: int | None) -> datetime | None:
    """None where there is no time."""
    return None if at is None or at < CLOCK else datetime.fromtimestamp(at, UTC)
