"""AutoGen: an AssistantAgent that may go on with its tools."""

import asyncio

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient

from orders import MODEL, SYSTEM, TASK, look_up


async def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


async def main() -> None:
    client = OpenAIChatCompletionClient(model=MODEL, temperature=0.5)
    agent = AssistantAgent("clerk", client, tools=[lookup], system_message=SYSTEM, max_tool_iterations=10)
    print((await agent.run(task=TASK)).messages[-1].content)


asyncio.run(main())
