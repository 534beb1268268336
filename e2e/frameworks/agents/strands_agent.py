"""Strands Agents with OpenAI."""

from strands import Agent, tool
from strands.models.openai import OpenAIModel

from orders import MODEL, SYSTEM, TASK, look_up


@tool
def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


agent = Agent(
    model=OpenAIModel(model_id=MODEL, params={"temperature": 0.5}),
    tools=[lookup],
    system_prompt=SYSTEM,
    callback_handler=None,
)
print(str(agent(TASK)).strip())
