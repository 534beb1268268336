"""Pydantic AI: a clerk, and a helper that a tool of his runs."""

import os

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel

from orders import MODEL, SYSTEM, TASK, helper_prompt, look_up

settings = {"temperature": 0.5}
helper = Agent(OpenAIChatModel(MODEL), name="helper", instructions=helper_prompt(), model_settings=settings)
agent = Agent(OpenAIChatModel(MODEL), name="clerk", instructions=SYSTEM, model_settings=settings)


@helper.tool_plain
@agent.tool_plain
def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


@agent.tool_plain
async def delegate(task: str) -> str:
    """Asks the helper."""
    return (await helper.run(task)).output


if os.environ.get("LAB_STREAM"):
    result = agent.run_stream_sync(TASK)
    print(result.get_output())
else:
    print(agent.run_sync(TASK).output)
