"""Microsoft Agent Framework: `--kind responses` (the server keeps the history) or `--kind chat`."""

import asyncio

from agent_framework.openai import OpenAIChatClient, OpenAIChatCompletionClient

from orders import MODEL, SYSTEM, TASK, look_up, option


def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


async def main() -> None:
    is_stored = option("--kind", "responses") == "responses"
    client = OpenAIChatClient(model=MODEL) if is_stored else OpenAIChatCompletionClient(model=MODEL)
    options = {"temperature": 0.5, **({"store": True} if is_stored else {})}
    agent = client.as_agent(name="Clerk", instructions=SYSTEM, tools=[lookup], default_options=options)
    print((await agent.run(TASK)).text)


asyncio.run(main())
