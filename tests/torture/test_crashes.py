"""Till is killed wherever money is at stake, started again, and must have lost nothing and done nothing twice."""

import time

import pytest
from django.core.management import call_command

from tests.torture import books
from tests.torture.deaths import INSIDE_THE_SANDBOX
from tests.torture.stories import STORIES
from tests.torture.supervisor import LEASE, with_stripe_at

pytestmark = pytest.mark.slow


@pytest.fixture(params=STORIES)
def story(request):
    return STORIES[request.param]


def test_killed_at_every_point(story, supervise, caller, shop):
    die_and_recover(supervise(**story.settings), caller, story, story.points)

    assert not books.wrongs(shop) + books.leftovers() + books.stuck_keys()


def test_killed_at_every_point_with_stripe(story, stripe_server, supervise, caller, shop, settings):
    stripe = with_stripe_at(f"http://127.0.0.1:{stripe_server.port}")
    supervisor = supervise(**story.settings, **stripe)
    for name, value in stripe.items():
        setattr(settings, name, value)

    points = [point for point in story.points if point not in INSIDE_THE_SANDBOX]
    die_and_recover(supervisor, caller, story, points)

    assert not books.wrongs(shop) + books.leftovers() + books.stuck_keys()


def test_killed_before_every_step(story, supervise, caller, shop):
    supervisor = supervise(**story.settings)
    begun = [story.prepare(caller)]
    while begun[-1].begin(supervisor, caller, step=len(begun)):
        begun.append(story.prepare(caller))

    recover(supervisor, caller, begun)

    assert not books.wrongs(shop) + books.leftovers() + books.stuck_keys()


def die_and_recover(supervisor, caller, story, points):
    begun = {point: story.prepare(caller) for point in points}
    for point, deed in begun.items():
        assert deed.begin(supervisor, caller, point=point), f"nobody came by: {point}"
    recover(supervisor, caller, list(begun.values()))


def recover(supervisor, caller, deeds):
    """Start again. Half of the deeds are done again before `settle_payments` has run, the others after it."""
    supervisor.start()
    time.sleep(LEASE)
    early, late = deeds[::2], deeds[1::2]
    results = [deed.repeat(supervisor, caller) for deed in early]
    call_command("settle_payments", verbosity=0)
    results += [deed.repeat(supervisor, caller) for deed in late]
    assert [deed.repeat(supervisor, caller) for deed in early + late] == results
