"""The OpenAPI document says that we read contexts (level 2 of the protocol, ocp.md §1.3)."""

from typing import Any

from django.conf import settings

METHODS = ("get", "post", "put", "patch", "delete")
INFO = {
    "x-ocp-enabled": True,
    "x-ocp-context-aware": True,
    "x-ocp-agent-types": ["shopping_assistant", "payment_processor", "ai_agent"],
    "x-ocp-version": "1.0",
}
CONTEXT = {"enhances_with": ["conversation_history", "session"], "requires_context": False}
# Where the wire is ours, answers carry this beside their own members.
SUGGESTIONS = {
    "ocp": {
        "type": "object",
        "description": "Only for callers that send OCP headers: the running summary, and suggestions with reasons.",
        "properties": {"context_id": {"type": "string"}, "summary": {"type": "object"}},
    }
}
OUR_WIRE = "/stripe/"
HEADERS = [
    {
        "name": name,
        "in": "header",
        "required": False,
        "description": f"{description} Of more than {longest} characters, it is left aside.",
        "schema": {"type": "string"},  # nothing is refused for what it says
    }
    for name, description, longest in (
        ("OCP-Context-ID", "The conversation this call belongs to.", 64),
        ("OCP-Agent-Type", "What kind of agent calls.", 128),
        ("OCP-Session", "Base64 of (gzipped) JSON: what the agent remembers. A hint, never believed.", 8192),
    )
]


def tell_of_contexts(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the `x-ocp-*` extensions (a postprocessing hook of drf-spectacular)."""
    result["info"] |= INFO
    result["servers"] = [{"url": settings.PUBLIC_URL}]  # absolute: clients call what they read here
    for path, item in result["paths"].items():
        for method in filter(item.get, METHODS):
            _extend(path, method, item[method])
    return result


def _extend(path: str, method: str, operation: dict[str, Any]) -> None:
    if not operation.get("security"):  # for everybody, so nobody's conversation
        return
    updates = {"updates_context": ["history", "context_summary"]} if method != "get" else {}
    operation["x-ocp-context"] = CONTEXT | updates
    operation.setdefault("parameters", []).extend(HEADERS)
    if path.startswith(OUR_WIRE):
        operation["x-ocp-enhanced-response"] = SUGGESTIONS
    if method != "get":
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                response["x-ocp-context-updated"] = True
