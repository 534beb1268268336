"""OpenAI Agents: a clerk, and a helper that a tool of his runs. `--kind chat`: over chat completions."""

from agents import Agent, ModelSettings, Runner, function_tool, set_default_openai_api

from orders import MODEL, SYSTEM, TASK, helper_prompt, look_up, option

if option("--kind", "responses") == "chat":
    set_default_openai_api("chat_completions")


@function_tool
def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


settings = ModelSettings(temperature=0.5)
helper = Agent(name="helper", instructions=helper_prompt(), model=MODEL, model_settings=settings, tools=[lookup])


@function_tool
async def delegate(task: str) -> str:
    """Asks the helper."""
    return (await Runner.run(helper, task)).final_output


agent = Agent(name="clerk", instructions=SYSTEM, model=MODEL, model_settings=settings, tools=[lookup, delegate])
print(Runner.run_sync(agent, TASK, max_turns=20).final_output)
