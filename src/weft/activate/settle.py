"""What follows from a receipt: an end, or another try and when."""

from random import Random

from weft.activate.pace import pause_seconds
from weft.clock import SECOND_US
from weft.config import DeliverSettings
from weft.model.delivery import ItemState, Outcome, Receipt, Settlement


def settlement(
    receipt: Receipt,
    attempt: int,
    *,
    repeatable: bool,
    settings: DeliverSettings,
    now_us: int,
    random: Random,
) -> Settlement:
    """Decide what becomes of an item after this attempt (counted from 1)."""
    match receipt.outcome:
        case Outcome.ACCEPTED:
            return Settlement(receipt, ItemState.DELIVERED, None, attempt)
        case Outcome.REFUSED:
            return Settlement(receipt, ItemState.DEAD, None, attempt)
        case Outcome.UNSENT:
            waiting = ItemState.RETRY if attempt > 1 else ItemState.PENDING
            return Settlement(receipt, waiting, now_us, attempt - 1)
        case Outcome.UNKNOWN if not repeatable:
            return Settlement(receipt, ItemState.IN_DOUBT, None, attempt)
        case Outcome.FAILED | Outcome.UNKNOWN:
            if attempt >= settings.attempts:
                return Settlement(receipt, ItemState.DEAD, None, attempt)
            pause = pause_seconds(attempt, settings, receipt.retry_after_seconds, random)
            return Settlement(receipt, ItemState.RETRY, now_us + int(pause * SECOND_US), attempt)
