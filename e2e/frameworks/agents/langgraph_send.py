"""LangGraph: a plan, three sub-graphs at once by Send, each with a model and a tool, then a join."""

import operator
from typing import Annotated, TypedDict

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Send

from orders import MODEL, SYSTEM, look_up


@tool
def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


model = ChatOpenAI(model=MODEL, temperature=0.5)
worker = StateGraph(MessagesState)
worker.add_node("model", lambda state: {"messages": [model.bind_tools([lookup]).invoke([SystemMessage(SYSTEM), *state["messages"]])]})
worker.add_node("tools", ToolNode([lookup]))
worker.add_edge(START, "model")
worker.add_conditional_edges("model", tools_condition)
worker.add_edge("tools", "model")
worker_graph = worker.compile()


class State(TypedDict):
    plan: str
    answers: Annotated[list, operator.add]
    final: str


def plan(state: State) -> dict:
    return {"plan": model.invoke([SystemMessage(SYSTEM), HumanMessage("PLAN the orders A1, A2 and A3.")]).text}


def work(state: dict) -> dict:
    order = state["order"]
    result = worker_graph.invoke({"messages": [HumanMessage(f"Add up. ORDERS: {order}. TINT-red")]})
    return {"answers": [f"{order}: {result['messages'][-1].text}"]}


def join(state: State) -> dict:
    texts = "\n".join(sorted(state["answers"]))
    return {"final": model.invoke([SystemMessage(SYSTEM), HumanMessage(f"JOIN these.\n{texts}")]).text}


graph = StateGraph(State)
graph.add_node("plan", plan)
graph.add_node("work", work)
graph.add_node("join", join)
graph.add_edge(START, "plan")
graph.add_conditional_edges("plan", lambda state: [Send("work", {"order": order}) for order in ("A1", "A2", "A3")], ["work"])
graph.add_edge("work", "join")
graph.add_edge("join", END)
print(graph.compile().invoke({"answers": []})["final"])
