"""Semantic Kernel: a ChatCompletionAgent with a plug-in."""

import asyncio

from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.functions import kernel_function

from orders import MODEL, SYSTEM, TASK, look_up


class Orders:
    @kernel_function(description="Looks up the total of an order.", name="lookup")
    def lookup(self, order: str) -> str:
        return look_up(order)


async def main() -> None:
    agent = ChatCompletionAgent(name="clerk", service=OpenAIChatCompletion(ai_model_id=MODEL), instructions=SYSTEM, plugins=[Orders()])
    print(str(await agent.get_response(messages=TASK)))


asyncio.run(main())
