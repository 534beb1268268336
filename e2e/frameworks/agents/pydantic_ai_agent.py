"""Pydantic AI, its instructions made anew for each call by @agent.instructions."""

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel

from orders import MODEL, TASK, look_up, system_with_clock

agent = Agent(OpenAIChatModel(MODEL), model_settings={"temperature": 0.5})


@agent.instructions
def prompt() -> str:
    return system_with_clock()


@agent.tool_plain
def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


print(agent.run_sync(TASK).output)
