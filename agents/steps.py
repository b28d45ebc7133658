"""Much work done some at a time, so that whoever waits for its rows, or on SQLite for anything, does not wait long."""

from collections.abc import Callable

Advance = Callable[[int], None]  # is told of every so many rows that are done; somebody may be watching


def in_steps(do_some: Callable[[], int], advance: Advance | None = None) -> int:
    """Call `do_some`, which does some of the work and says how much, until nothing is left; returns how much it was."""
    done = 0
    while some := do_some():
        done += some
        if advance:
            advance(some)
    return done
