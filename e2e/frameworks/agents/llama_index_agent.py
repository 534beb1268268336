"""LlamaIndex: a FunctionAgent, which streams."""

import asyncio

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.llms.openai import OpenAI

from orders import MODEL, SYSTEM, TASK, look_up


def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


async def main() -> None:
    agent = FunctionAgent(tools=[lookup], llm=OpenAI(model=MODEL, temperature=0.5), system_prompt=SYSTEM)
    print(await agent.run(TASK))


asyncio.run(main())
