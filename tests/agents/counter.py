"""A tiny counter at which the manners are tried: a URLconf for tests, `@pytest.mark.urls("tests.agents.counter")`.

It sells nothing. A sale is a row in the only table at hand: an agent whose name begins with "sale". `EVENTS` is what
happens in the middle of the next sales, one each: a test puts a failure there, or a wait.
"""

from collections import deque
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.response import Response

from agents.errors import ApiError, Unavailable
from agents.idempotency import idempotent, idempotent_in_steps, keep
from agents.ids import new_id
from agents.models import Agent
from agents.parsing import Wire
from agents.requests import AgentRequest
from agents.versioning import Policy
from agents.views import AgentViewSet, UnversionedViewSet

EVENTS: deque[Callable[[], object]] = deque()


class Died(BaseException):
    """The process ends here: nothing catches it on its way out."""


class SoldOut(ApiError):
    """A refusal."""

    status = 409
    code = "sold_out"


class Item(Wire):
    id: str
    quantity: int = 1


class Sale(Wire):
    items: list[Item]


def die() -> None:
    raise Died


def break_down() -> None:
    raise RuntimeError("a bug")


def refuse() -> None:
    raise SoldOut("There is none left", param="$.items[0].id")


def be_unavailable() -> None:
    raise Unavailable("Not now")


def in_turn(*events: Callable[[], object]) -> Callable[[], object]:
    return lambda: [event() for event in events]


def sales() -> int:
    return Agent.objects.filter(name__startswith="sale").count()


def first_steps() -> int:
    return Agent.objects.filter(name__startswith="step").count()


def sell() -> str:
    sale = Agent.objects.create(name=new_id("sale"))
    if EVENTS:
        EVENTS.popleft()()
    return sale.name


class CounterViewSet(AgentViewSet):
    def read(self, request: AgentRequest, name: str) -> Response:
        return Response({"name": name, "version": request.version, "agent": self.agent.name})

    @idempotent
    def sell(self, request: AgentRequest, name: str) -> Response:
        return Response({"sale": sell(), "attempt": request.attempt}, status=201)

    @idempotent
    def order(self, request: AgentRequest, name: str) -> Response:
        return self.respond(self.parse(Sale))

    @idempotent_in_steps
    def sell_in_steps(self, request: AgentRequest, name: str) -> Response:
        Agent.objects.get_or_create(name=f"step {request.attempt}")  # committed; a retry finds it
        if EVENTS:
            EVENTS.popleft()()
        with transaction.atomic():
            return keep(request, Response({"sale": sell(), "attempt": request.attempt}, status=201))

    @idempotent_in_steps
    def sell_and_forget_to_keep(self, request: AgentRequest, name: str) -> Response:
        return Response({"sale": sell()}, status=201)


class ForeignViewSet(UnversionedViewSet):
    """A wire without versions, whose manners are its own."""

    policy = Policy(idempotency_conflict_status=418)

    @idempotent
    def sell(self, request: AgentRequest, name: str) -> Response:
        return Response({"sale": sell()})


def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fine")


urlpatterns = [
    path("health", health),
    path("counter/<str:name>", CounterViewSet.as_view({"get": "read"})),
    path("counter/<str:name>/sell", CounterViewSet.as_view({"post": "sell"})),
    path("counter/<str:name>/order", CounterViewSet.as_view({"post": "order"})),
    path("counter/<str:name>/steps", CounterViewSet.as_view({"post": "sell_in_steps"})),
    path("foreign/<str:name>", ForeignViewSet.as_view({"post": "sell"})),
    path("counter/<str:name>/unkept", CounterViewSet.as_view({"post": "sell_and_forget_to_keep"})),
]
