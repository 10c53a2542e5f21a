"""The function of the offline demo."""

import random


def roll_dice(count: int = 2, sides: int = 6) -> list[int]:
    """Roll dice and return what each one shows.

    Args:
        count: How many dice.
        sides: How many sides each one has.
    """
    return [random.randint(1, sides) for _ in range(count)]
