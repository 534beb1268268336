"""LangChain's create_agent on LangGraph, its prompt made anew for each call by @dynamic_prompt."""

from langchain.agents import create_agent
from langchain.agents.middleware import dynamic_prompt
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from orders import MODEL, TASK, look_up, system_with_clock


@tool
def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


@dynamic_prompt
def prompt(request) -> str:
    return system_with_clock()


agent = create_agent(ChatOpenAI(model=MODEL, temperature=0.5), tools=[lookup], middleware=[prompt])
print(agent.invoke({"messages": [{"role": "user", "content": TASK}]})["messages"][-1].text)
