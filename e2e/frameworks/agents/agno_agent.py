"""Agno, its instructions a function."""

from agno.agent import Agent
from agno.models.openai import OpenAIChat

from orders import MODEL, TASK, look_up, system_with_clock


def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


agent = Agent(model=OpenAIChat(id=MODEL, temperature=0.5), instructions=lambda: system_with_clock(), tools=[lookup], telemetry=False)
print(agent.run(TASK).content)
