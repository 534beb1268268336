"""smolagents: `--kind tools` (ToolCallingAgent) or `--kind code` (CodeAgent)."""

from smolagents import CodeAgent, OpenAIModel, ToolCallingAgent, tool

from orders import MODEL, SYSTEM, TASK, look_up, option


@tool
def lookup(order: str) -> str:
    """Looks up the total of an order.

    Args:
        order: the order
    """
    return look_up(order)


kind = CodeAgent if option("--kind", "tools") == "code" else ToolCallingAgent
agent = kind(tools=[lookup], model=OpenAIModel(MODEL, temperature=0.5), instructions=SYSTEM, verbosity_level=0)
print(agent.run(TASK))
