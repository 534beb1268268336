"""A LangGraph graph of a model node and a tool node: `python langgraph_agent.py [--stream]`."""

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from agent_tools import KEY, MODEL, STREAM, SYSTEM, TASK, look_up


@tool
def lookup(q: str) -> str:
    """Looks something up and keeps a note of it."""
    return look_up(q)


llm = ChatOpenAI(model=MODEL, api_key=KEY, temperature=0.5, streaming=STREAM).bind_tools([lookup])
graph = StateGraph(MessagesState)
graph.add_node("agent", lambda state: {"messages": [llm.invoke([SystemMessage(SYSTEM), *state["messages"]])]})
graph.add_node("tools", ToolNode([lookup]))
graph.add_edge(START, "agent")
graph.add_conditional_edges("agent", tools_condition)
graph.add_edge("tools", "agent")
result = graph.compile().invoke({"messages": [HumanMessage(TASK)]}, {"recursion_limit": 50})
print(result["messages"][-1].text if isinstance(result["messages"][-1].text, str) else result["messages"][-1].content)
