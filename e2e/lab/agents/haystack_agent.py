"""Haystack: its Agent component in a pipeline, which is what its tracers tell of."""

from haystack import Pipeline
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
pipeline = Pipeline()
pipeline.add_component("clerk", agent)
print(pipeline.run({"clerk": {"messages": [ChatMessage.from_user(TASK)]}})["clerk"]["messages"][-1].text)
