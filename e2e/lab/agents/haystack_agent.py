"""Haystack: its Agent component."""

from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import tool
from typing import Annotated

from orders import MODEL, SYSTEM, TASK, look_up


@tool
def lookup(order: Annotated[str, "the order"]) -> str:
    """Looks up the total of an order."""
    return look_up(order)


agent = Agent(chat_generator=OpenAIChatGenerator(model=MODEL), tools=[lookup], system_prompt=SYSTEM)
print(agent.run(messages=[ChatMessage.from_user(TASK)])["messages"][-1].text)
