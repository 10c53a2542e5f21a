"""The table of operations is complete."""

from aimltui.wire import operations
from aimltui.wire.operations import BY_NAME, OPERATIONS, Operation


def test_the_table_has_every_operation_of_the_module() -> None:
    defined = [value for value in vars(operations).values() if isinstance(value, Operation)]
    assert list(OPERATIONS) == defined
    assert len(BY_NAME) == len(OPERATIONS)
