"""Is a number in a text by itself? Within an id, a microsecond or a duration, its digits are there by chance."""

import re


def tells(text: str, number: str) -> bool:
    return re.search(rf"(?<![\w.]){number}(?!\w|\.\d)", text) is not None
