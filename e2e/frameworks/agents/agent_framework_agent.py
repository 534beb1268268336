"""Microsoft Agent Framework: `--kind responses` (history kept by the server where it can be) or `--kind chat`."""

import asyncio

from agent_framework.openai import OpenAIChatClient, OpenAIChatCompletionClient

from orders import MODEL, SYSTEM, TASK, look_up, option


def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


async def main() -> None:
    client = OpenAIChatClient(model=MODEL) if option("--kind", "responses") == "responses" else OpenAIChatCompletionClient(model=MODEL)
    agent = client.as_agent(name="Clerk", instructions=SYSTEM, tools=[lookup], default_options={"temperature": 0.5})
    print((await agent.run(TASK)).text)


asyncio.run(main())
