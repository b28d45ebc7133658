"""The protocol's reference client discovers our API and buys: `python drive.py http://127.0.0.1:8000`.

Runs in an environment of its own, where that client is installed; it imports nothing of ours.
"""

import json
import sys

from ocp_agent import OCPAgent  # type: ignore[import-not-found]


def main(url: str) -> None:
    agent = OCPAgent(agent_type="payment_processor", user="alice", agent_goal="buy coins", enable_cache=False)
    agent.register_api("till", spec_url=f"{url}/openapi.json", headers={"Authorization": "Bearer api_key_123"})
    tools = {tool.name for tool in agent.list_tools("till")}

    def call(tool: str, **parameters: str) -> dict:
        answer = agent.call_tool(tool, parameters, "till")
        assert answer.ok, (tool, answer.status_code, answer.text)
        agent.context.update_from_headers(answer.headers)
        return answer.json()

    customer = call("createCustomer", email="alice@example.com", name="Alice")["user_id"]
    call("attachPaymentMethod", user_id=customer, payment_method_id="pm_card_visa")
    bought = call("purchaseCurrency", user_id=customer, package_id="package_1")
    history = call("getTransactions", user_id=customer)["transactions"]
    context = call("getContext", context_id=agent.context.context_id)
    told = {"tools": sorted(tools), "bought": bought, "history": history, "context": context}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
