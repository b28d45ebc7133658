"""A Stripe client that remembers the conversation it is used in (Open Context Protocol). Needs `stripe` alone.

`StripeOCP` makes the calls of an agent and keeps a context: payment history, customers, cards on file, and a log of
what was done. It sends the context with every call, as a hint; servers that read it (Till does) answer with
suggestions, others ignore it. No key and no card number ever gets into a context. `StripeAI` turns one sentence into
one payment intent.

    STRIPE_API_BASE=http://127.0.0.1:8000 python stripe_ocp.py     # the demo, against a running Till
"""

import base64
import gzip
import json
import os
import re
import time
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPException
from typing import Any

import stripe

Context = dict[str, Any]

STRIPE, TILL = "https://api.stripe.com", "http://127.0.0.1:8000"
API_VERSION = "2026-10-28.endive"
AGENT_TYPE = "stripe_ocp"
COMPRESS_FROM = 1_000  # characters of JSON
LONGEST_SESSION = 8_192  # characters of the header
LONGEST_HISTORY = 200  # entries of the log

# ---- Sentences ----------------------------------------------------------------------------------------------------

DECIMALS = dict.fromkeys("aud brl cad chf czk dkk eur gbp hkd inr mxn nok nzd pln sek sgd usd".split(), 2) | {
    "jpy": 0,
    "krw": 0,
}
SYMBOLS = {"$": "usd", "US$": "usd", "C$": "cad", "A$": "aud", "€": "eur", "£": "gbp", "¥": "jpy", "₹": "inr"}
WORDS = {
    "dollar": "usd", "dollars": "usd", "buck": "usd", "bucks": "usd", "euro": "eur", "euros": "eur", "pound": "gbp",
    "pounds": "gbp", "yen": "jpy", "rupee": "inr", "rupees": "inr", "cent": "usd", "cents": "usd",
}  # fmt: skip
DOLLARS = frozenset({"usd", "cad", "aud", "nzd", "sgd", "hkd", "mxn"})  # what a bare $ may turn out to be
MOST = 99_999_999  # minor units
LONGEST_SENTENCE = 1_000  # characters

_NUMBER = r"(?<![\d.,])(?P<number>\d[\d,]*(?:\.\d+)?)"
_SYMBOL = "|".join(re.escape(symbol) for symbol in sorted(SYMBOLS, key=len, reverse=True))
_CODE = "|".join(DECIMALS)
_UNIT = (
    rf"(?:(?<=\d)\s*(?P<unit>{'|'.join(sorted(WORDS, key=len, reverse=True))}|{_CODE})\b|(?<=\d)\s*(?P<after>[€£¥₹]))"
)
_SIGN = r"(?P<sign>(?<![\w.,])[-−–]\s?|\bminus\s)?"
_AMOUNT = re.compile(
    rf"{_SIGN}(?:(?P<symbol>{_SYMBOL})\s?(?P<inner>[-−–])?|\b(?P<code>{_CODE})\s)?{_NUMBER}(?:{_UNIT})?", re.IGNORECASE
)
_AND_CENTS = re.compile(r"\b(\d+) dollars? and (\d{1,2}) cents?\b", re.IGNORECASE)
# What would make one amount of two numbers, or leave a second one unread: "1 500 USD", "$1.000,50", "$10 then 20"
_DIGIT_BEFORE = re.compile(r"\d\s$")
_NUMBER_AFTER = re.compile(r"[.,]\d|\s\d|\s?(?:then|and|or|to|plus|&|\+)\s*\d", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")

# Each pattern refuses, with a word and a sentence. Some are final; of the others a model may make sense.
_FINAL = ("negated", "refund", "negative", "question", "two_amounts", "too_long")
_REFUSALS: tuple[tuple[str, str, str], ...] = (
    ("negated", r"\b(?:(?:do|does|did|wo|would|should|could|ca|must|is|are|was|were|need)n'?t|cannot|not|never"
     r"|no longer|stop|cancel|avoid|forget)\b",
     "The sentence says not to"),
    ("refund", r"\b(?:refund|reimburse|chargeback|reverse|void|give\b.*\bback|return|send\b.*\bback|credit(?! card))",
     "Money going back is not a payment"),
    ("question", r"^\s*(?:did|does|has|have|was|were|is|are|how|what|why|who|when)\b.*\?\s*$", "That is a question"),
    ("conditional", r"\b(?:if|unless|should|would|maybe|when)\b", "The sentence has a condition"),
    ("unclear_amount", r"%|\bpercent\b|\beach\b|\bapiece\b|\bevery\b|\btwice\b|\btimes\b|\b\d+\s?x\s?[^\w\s]?\d"
     r"|\bper (?:hour|day|week|month|year|person|item)\b|\b(?:hourly|daily|weekly|monthly|yearly)\b",
     "The amount has to be worked out"),
    ("unclear_amount", r"\d[\d.,]*\s?(?:k|m|mm|bn|thousand|million|billion|hundred)\b", "The amount is abbreviated"),
    ("unclear_amount", r"\d\s?[-–—/]\s?[$€£¥₹]?\d|\b(?:about|around|roughly|approximately|up to|at least|between)\b",
     "The amount is a range or a guess"),
)  # fmt: skip
_VERB = re.compile(
    r"\b(?:charge|bill|invoice|collect|request|debit|payment (?:of|for)"
    r"|(?:take|make|create|process|set up)\b.*\bpayment)\b",
    re.IGNORECASE,
)
_OUTWARDS = re.compile(r"^\s*(?:please\s+)?(?:pay|send|give|transfer|wire)\b", re.IGNORECASE)
_DESCRIPTION = re.compile(r"\bfor\s+(?![$€£¥₹]?\d)(?P<what>[^.!?]{1,200})", re.IGNORECASE)


class Refused(Exception):
    """A sentence that is no payment. `reason` is a word for programs, the message one for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Proposal:
    """What a sentence asks for. `amount` is in minor units."""

    amount: int
    currency: str
    description: str = ""


def parse_payment(text: str) -> Proposal:
    """Return the one payment that a sentence asks for, exact to the minor unit. English, and on the safe side.

    :raises Refused: if it asks for none, for more than one, or for anything that would have to be guessed.
    """
    if len(text) > LONGEST_SENTENCE:
        raise Refused("too_long", "The sentence is too long to be sure of")
    plain = text.replace("’", "'")
    for reason, pattern, message in _REFUSALS:
        if re.search(pattern, plain, re.IGNORECASE | re.DOTALL):
            raise Refused(reason, message)
    amount, currency = amount_in(text)
    if _OUTWARDS.search(text) or not _VERB.search(text):
        raise Refused("no_payment", "The sentence does not say who is charged: write “Charge Alice $50 for …”")
    if not 0 < amount <= MOST:
        raise Refused("out_of_range", "The amount is zero, or more than can be charged")
    what = _DESCRIPTION.search(text)
    return Proposal(amount, currency, what["what"].strip() if what else "")


def amount_in(text: str) -> tuple[int, str]:
    """Return the one amount in a text, in minor units, and its currency.

    :raises Refused: if there is none, or more than one, or it is negative, or finer than its currency is.
    """
    found = amounts_in(text)
    if not found:
        raise Refused("no_amount", "There is no amount with a currency")
    if len(found) > 1:
        raise Refused("two_amounts", "There is more than one amount")
    return found[0]


def amounts_in(text: str) -> list[tuple[int, str]]:
    """Every amount of money in a text.

    :raises Refused: if one of them is negative, malformed, or finer than its currency is.
    """
    text = _AND_CENTS.sub(lambda said: f"{said[1]}.{int(said[2]):02} dollars", text)
    return [money for said in _AMOUNT.finditer(text) if (money := _money(said)) is not None]


def _money(said: re.Match[str]) -> tuple[int, str] | None:
    """The amount that was matched; None for a number that is no money."""
    currency = _currency(said)
    if currency is None:
        return None
    if said["sign"] or said["inner"]:
        raise Refused("negative", "The amount is negative")
    if not _THOUSANDS.fullmatch(said["number"].rstrip(",")):
        raise Refused("unclear_amount", "The amount's commas are not those of thousands")
    if _DIGIT_BEFORE.search(said.string[: said.start("number")]) or _NUMBER_AFTER.match(said.string[said.end() :]):
        raise Refused("unclear_amount", "The amount is not written as one number, such as 1,234.50")
    if (said["unit"] or "").lower() not in ("cent", "cents") and _places(said["number"]) > DECIMALS[currency]:
        raise Refused("too_precise", f"{currency.upper()} has no such fractions")  # or it is a dot between thousands
    number = Decimal(said["number"].replace(",", ""))
    if (said["unit"] or "").lower() in ("cent", "cents"):
        number /= 100
    minor = number.scaleb(DECIMALS[currency])
    if minor != int(minor):
        raise Refused("too_precise", f"{currency.upper()} has no such fractions")
    return int(minor), currency


def _places(number: str) -> int:
    return len(number.partition(".")[2])


def _currency(said: re.Match[str]) -> str | None:
    symbol, code, unit = said["symbol"], said["code"], (said["unit"] or "").lower()
    named = {
        *([SYMBOLS[symbol.upper()]] if symbol else []),
        *([code.lower()] if code else []),
        *([WORDS.get(unit, unit)] if unit else []),
        *([SYMBOLS[said["after"]]] if said["after"] else []),
    }
    if symbol == "$" and len(named) == 2 and named <= DOLLARS:  # "$5 CAD" is five Canadian dollars
        named.discard("usd")
    if len(named) > 1:
        raise Refused("unclear_amount", "The amount names two currencies")
    return named.pop() if named else None


# ---- The context --------------------------------------------------------------------------------------------------

_SECRET_NAME = re.compile(r"secret|token|password|api_?key|^key$|card|cvc|cvv|number|^auth", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"\b(?:sk|rk|pk|whsec|spt|vt|tok)_\w+|(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
_SCHEMAS_ID = re.compile(r"ocp-[a-f0-9]{8,}")  # what the protocol's schema of a context allows


def new_context(context_id: str | None = None) -> Context:
    """An empty context, valid under the protocol's schema."""
    now = _now()
    return {
        "context_id": context_id or _new_id(),
        "agent_type": AGENT_TYPE,
        "user": None,
        "workspace": None,
        "current_goal": None,
        "context_summary": None,
        "created_at": now,
        "last_updated": now,
        "session": {
            "start_time": now,
            "interaction_count": 0,
            "agent_type": AGENT_TYPE,
            "customers": [],
            "payment_history": [],
            "payment_methods": [],
        },
        "history": [],
    }


def _new_id() -> str:
    """One that nobody takes for a card's number: the digits of one in fifty would look like it."""
    while _SECRET_VALUE.search(drawn := f"ocp-{uuid.uuid4().hex}"):
        pass
    return drawn


def headers_of(context: Context) -> dict[str, str]:
    """The context as headers, in the current dialect and in that of the protocol's first example."""
    said = {
        "OCP-Context-ID": context["context_id"],
        "OCP-Agent-Type": context["agent_type"],
        "OCP-Version": "1.0",
        "OCP-User": context.get("user"),
        "OCP-Workspace": context.get("workspace"),
        "OCP-Current-Goal": context.get("current_goal"),
        "OCP-Agent-Goal": context.get("current_goal"),
    }
    return {name: _header(value) for name, value in said.items() if value} | {"OCP-Session": encoded(context)}


def encoded(context: Context) -> str:
    """The context as an OCP-Session: base64 of JSON, gzipped if it is long; what does not fit goes, oldest first."""
    session = context["session"]
    if _SCHEMAS_ID.fullmatch(context["context_id"]):
        shown = {name: value for name, value in context.items() if value is not None}
    else:  # an id of the caller's own, as in the first example: so its shape too
        shown = {"customer_id": _last_customer(session), **session, "history": context["history"]}
    shown = scrubbed(shown)
    while len(text := _packed(shown)) > LONGEST_SESSION:
        longest = max((shown["history"], *_lists(shown)), key=len)
        del longest[: max(1, len(longest) // 2)]
    return text


def scrubbed(value: Any) -> Any:
    """A copy without keys, tokens and card numbers, wherever they hide."""
    if isinstance(value, Mapping):
        return {name: scrubbed(each) for name, each in value.items() if not _SECRET_NAME.search(str(name))}
    if isinstance(value, list | tuple):
        return [scrubbed(each) for each in value]
    return _SECRET_VALUE.sub("…", value) if isinstance(value, str) else value


def _packed(shown: Mapping[str, Any]) -> str:
    text = json.dumps(shown, separators=(",", ":"), default=str)
    if len(text) <= COMPRESS_FROM:
        return base64.b64encode(text.encode()).decode()
    return "gzip:" + base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _lists(shown: Mapping[str, Any]) -> list[list[Any]]:
    session = shown.get("session", shown)
    return [session[name] for name in ("customers", "payment_history", "payment_methods")]


def _last_customer(session: Mapping[str, Any]) -> str | None:
    return session["customers"][-1]["id"] if session["customers"] else None


def _header(value: Any) -> str:
    """What a header can carry: printable ASCII, and not a line more."""
    return re.sub(r"[^ -~]", "?", _SECRET_VALUE.sub("...", str(value)))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---- The client ---------------------------------------------------------------------------------------------------


class _Courier(stripe.RequestsClient):
    """Stripe's own HTTP client, which takes the context along and reads what comes back."""

    def __init__(self, owner: "StripeOCP") -> None:
        super().__init__(timeout=20)
        self._owner = owner

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **more: Any) -> Any:
        answer = super().request(method, url, {**(headers or {}), **headers_of(self._owner.context)}, post_data, **more)
        self._owner._read(answer[0])
        return answer


class StripeOCP:
    """Stripe's calls, in a conversation. `context` is the conversation: set its user and its goal as you like.

    `api_key` stays with Stripe's client, and never gets into the context. STRIPE_API_BASE says whose `/v1` is called.
    """

    def __init__(self, api_key: str, context_id: str | None = None) -> None:
        self.context = new_context(context_id)
        self.suggestions: dict[str, Any] = {}  # what the server made of the context, if it reads it
        client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": os.environ.get("STRIPE_API_BASE", STRIPE)},
            max_network_retries=2,
            http_client=_Courier(self),
        )
        self._v1 = client.v1

    def create_customer(self, email: str, name: str | None = None, **kwargs: Any) -> stripe.Customer:
        """Make a customer. Further parameters are Stripe's."""
        said = {"email": email, **({"name": name} if name else {}), **kwargs}
        customer = self._v1.customers.create(self._marked(said))
        self._remember_customer(customer)
        self._log("create_customer", "POST /v1/customers", customer.id, {"customer_id": customer.id, "email": email})
        return customer

    def find_customer(self, email: str) -> stripe.Customer | None:
        """The customer with this e-mail address, or None: so that one person is one customer."""
        found = next(iter(self._v1.customers.list({"email": email, "limit": 1}).data), None)
        if found is not None:
            self._remember_customer(found)
        self._log("find_customer", "GET /v1/customers", found.id if found else "none", {"email": email})
        return found

    def create_payment_intent(
        self, amount: int, currency: str = "usd", customer: str | None = None, **kwargs: Any
    ) -> stripe.PaymentIntent:
        """Announce a payment of `amount` minor units. Charges nothing, unless `confirm=True` says so."""
        said = {"amount": amount, "currency": currency, **({"customer": customer} if customer else {}), **kwargs}
        intent = self._v1.payment_intents.create(self._marked(said))
        entry = {"id": intent.id, "amount": amount, "currency": currency, "status": intent.status, "created": _now()}
        self.context["session"]["payment_history"].append({**entry, "customer": customer})
        logged = {"payment_intent_id": intent.id, "amount": amount, "currency": currency, "customer": customer}
        self._log("create_payment_intent", "POST /v1/payment_intents", intent.status, logged)
        return intent

    def list_payment_methods(self, customer: str, type: str = "card") -> Any:
        """The cards that a customer has on file."""
        asked: Any = {"customer": customer, "type": type}
        listed = self._v1.payment_methods.list(asked)
        self.context["session"]["payment_methods"] = [{"id": each.id, "type": each.type} for each in listed.data]
        logged = {"customer": customer, "count": len(listed.data)}
        self._log("list_payment_methods", "GET /v1/payment_methods", str(len(listed.data)), logged)
        return listed

    def get_payment_history(self) -> list[dict[str, Any]]:
        """The payments of this conversation, oldest first."""
        return list(self.context["session"]["payment_history"])

    def get_context_summary(self) -> dict[str, Any]:
        """How much this conversation has seen."""
        session = self.context["session"]
        return {
            "context_id": self.context["context_id"],
            "user": self.context["user"],
            "customers_count": len(session["customers"]),
            "transactions_count": len(session["payment_history"]),
            "payment_methods_count": len(session["payment_methods"]),
            "total_interactions": session["interaction_count"],
        }

    def _marked(self, said: dict[str, Any]) -> Any:
        """The parameters, with the conversation in their metadata beside what the caller has there."""
        ours = {"ocp_context_id": self.context["context_id"], "ocp_user": self.context["user"] or ""}
        ours = {name: value for name, value in ours.items() if value}
        return {**said, "metadata": {**ours, **(said.get("metadata") or {})}}

    def _remember_customer(self, customer: stripe.Customer) -> None:
        known = self.context["session"]["customers"]
        known[:] = [each for each in known if each["id"] != customer.id]
        known.append({"id": customer.id, "email": customer.email, "created": _now()})

    def _log(self, action: str, endpoint: str, result: str, details: dict[str, Any]) -> None:
        entry = {
            "timestamp": _now(),
            "action": action,
            "api_endpoint": endpoint,
            "result": result,
            "metadata": scrubbed(details),
        }
        self.context["history"] = [*self.context["history"], entry][-LONGEST_HISTORY:]
        self.context["last_updated"] = entry["timestamp"]
        self.context["session"]["interaction_count"] += 1

    def _read(self, body: Any) -> None:
        """Take what the server says of the context. Anything else than that is not our business here."""
        try:
            said = json.loads(body).get("ocp")
        except (ValueError, AttributeError, TypeError):
            return
        if isinstance(said, dict):
            self.suggestions = {name: each for name, each in said.items() if name not in ("context_id", "summary")}
            events = (said.get("summary") or {}).get("events")
            if isinstance(events, int):
                self.context["context_summary"] = f"The server remembers {events} events of this conversation"


# ---- The assistant ------------------------------------------------------------------------------------------------

MODEL_TIMEOUT = 5  # seconds
LARGEST_ANSWER = 64 * 1024  # bytes
_REAL_KEY = re.compile(r"sk-\S{20,}")  # an example's "sk-..." is none
_TOOL = {
    "type": "function",
    "function": {
        "name": "propose_payment",
        "description": "The one payment the message asks to collect. Do not call it if it asks for none.",
        "parameters": {
            "type": "object",
            "properties": {
                "amount_minor": {"type": "integer", "description": "In the currency's smallest unit"},
                "currency": {"type": "string", "description": "ISO code, small letters"},
                "description": {"type": "string"},
            },
            "required": ["amount_minor", "currency"],
        },
    },
}


class StripeAI:
    """Turns a sentence into an announced payment. It is read by rules; a model may be asked where they give up.

    A model is asked only with a key that can be one, or at a `base_url` of yours (any server that speaks the
    chat-completions API). What it proposes counts only if the amount stands in the sentence.
    """

    def __init__(
        self, stripe_key: str, openai_key: str | None = None, *, base_url: str | None = None, model: str = "gpt-4o-mini"
    ) -> None:
        self.stripe = StripeOCP(stripe_key)
        self._key, self._model = openai_key or "", model
        asked = base_url or os.environ.get("OPENAI_BASE_URL")
        self._base_url = asked or ("https://api.openai.com/v1" if _REAL_KEY.fullmatch(self._key) else None)

    def process_payment_request(self, user_message: str, user_email: str, *, confirm: bool = False) -> dict[str, Any]:
        """Announce the payment that the message asks for; charge it only if `confirm` says so.

        Always a dictionary: `success`, `message`, and `context`; then `payment_intent_id`, or a `reason`.
        """
        self.stripe.context["user"] = user_email
        self.stripe.context["current_goal"] = scrubbed(user_message)[:256]
        try:
            proposal = self._proposal(user_message)
            customer = self.stripe.find_customer(user_email) or self.stripe.create_customer(user_email)
            intent = self.stripe.create_payment_intent(
                proposal.amount,
                proposal.currency,
                customer.id,
                description=scrubbed(proposal.description or user_message)[:500],
                **({"confirm": True, "off_session": True} if confirm else {}),
            )
        except Refused as refusal:
            return self._result(False, str(refusal), reason=refusal.reason)
        except stripe.StripeError as error:
            return self._result(False, error.user_message or "Stripe refused", reason=error.code or "stripe_error")
        verb = "Charged" if intent.status == "succeeded" else "Created payment intent for"
        return self._result(True, f"{verb} {in_words(proposal)}", payment_intent_id=intent.id)

    def _proposal(self, text: str) -> Proposal:
        """:raises Refused: if neither the rules nor the model make one payment of it."""
        try:
            return parse_payment(text)
        except Refused as refusal:
            if self._base_url is None or refusal.reason in _FINAL:
                raise
            proposal = self._ask_model(text)
            if proposal is None or (proposal.amount, proposal.currency) not in amounts_in(text):
                raise
            return proposal

    def _ask_model(self, text: str) -> Proposal | None:
        """What the model makes of it; None if it is slow, silent or wrong."""
        body = {"model": self._model, "messages": [{"role": "user", "content": text}], "tools": [_TOOL]}
        request = urllib.request.Request(  # noqa: S310 (whoever set the address knows it)
            f"{self._base_url}/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=MODEL_TIMEOUT) as answer:  # noqa: S310
                message = json.loads(answer.read(LARGEST_ANSWER))["choices"][0]["message"]
            said = json.loads(message["tool_calls"][0]["function"]["arguments"])
            amount, currency = said["amount_minor"], str(said["currency"]).lower()
        except (OSError, HTTPException, ValueError, LookupError, TypeError):
            return None
        is_sound = type(amount) is int and 0 < amount <= MOST and currency in DECIMALS
        return Proposal(amount, currency, str(said.get("description") or "")) if is_sound else None

    def _result(self, success: bool, message: str, **more: Any) -> dict[str, Any]:
        return {"success": success, "message": message, **more, "context": self.stripe.get_context_summary()}


def in_words(proposal: Proposal) -> str:
    """`$50.00`; other currencies than the dollar by their code."""
    places = DECIMALS[proposal.currency]
    number = f"{Decimal(proposal.amount).scaleb(-places):,.{places}f}"
    return f"${number}" if proposal.currency == "usd" else f"{number} {proposal.currency.upper()}"


def demo_stripe_ocp() -> None:
    """A conversation, printed: against STRIPE_API_BASE, or a Till on this machine."""
    os.environ.setdefault("STRIPE_API_BASE", TILL)
    key = os.environ.get("STRIPE_SECRET_KEY", "sk_test_till")
    agent = StripeOCP(key, f"demo-{int(time.time())}")
    agent.context["user"] = "alice"
    customer = agent.create_customer("alice@example.com", "Alice Johnson", payment_method="pm_card_visa")
    print("Customer       ", customer.id)
    for method in agent.list_payment_methods(customer.id).data:
        print("Card on file   ", method.id, method.card.brand, method.card.last4)
    for _ in range(2):
        intent = agent.create_payment_intent(2_000, customer=customer.id, description="OCP demo payment")
        print("Payment intent ", intent.id, intent.status, agent.suggestions or "")
    print("Context        ", agent.get_context_summary())
    assistant = StripeAI(key)
    for sentence in ("Charge Alice $50 for consulting services", "Don't charge Alice $50", "Charge $10 then $20"):
        print(f"“{sentence}”\n    →", assistant.process_payment_request(sentence, "alice@example.com")["message"])


if __name__ == "__main__":
    try:
        demo_stripe_ocp()
    except stripe.APIConnectionError:
        raise SystemExit(f"Nobody answers at {os.environ['STRIPE_API_BASE']}: start a Till there (make run)") from None
