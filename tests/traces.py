"""What was left behind: every line that is logged, and whether a number is told in a text."""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager


def tells(text: str, number: str) -> bool:
    """Whether it stands there by itself: within an id, a microsecond or a duration, its digits are there by chance."""
    return re.search(rf"(?<![\w.]){number}(?!\w|\.\d)", text) is not None


@contextmanager
def every_line() -> Iterator[io.StringIO]:
    """All that is logged within, however unimportant, as the server would print it."""
    root, lines = logging.getLogger(), io.StringIO()
    printer = logging.StreamHandler(lines)
    printer.setFormatter(next(h.formatter for h in root.handlers if "ProcessorFormatter" in type(h.formatter).__name__))
    level = root.level
    root.addHandler(printer)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(printer)
