"""OpenAI Agents (Responses API), its instructions a function."""

from agents import Agent, ModelSettings, Runner, function_tool, set_tracing_disabled

from orders import MODEL, TASK, look_up, system_with_clock

set_tracing_disabled(True)


@function_tool
def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


agent = Agent(
    name="Clerk",
    instructions=lambda context, agent: system_with_clock(),
    model=MODEL,
    model_settings=ModelSettings(temperature=0.5),
    tools=[lookup],
)
print(Runner.run_sync(agent, TASK, max_turns=20).final_output)
