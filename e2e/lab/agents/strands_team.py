"""Strands Agents: a clerk, and a helper that a tool of his runs. `--kind anthropic`: with Anthropic's models."""

from strands import Agent, tool

from orders import MODEL, SYSTEM, TASK, helper_prompt, look_up, option

if option("--kind", "openai") == "anthropic":
    from strands.models.anthropic import AnthropicModel

    def model():
        return AnthropicModel(model_id=MODEL, max_tokens=5000)
else:
    from strands.models.openai import OpenAIModel

    def model():
        return OpenAIModel(model_id=MODEL, params={"temperature": 0.5})


@tool
def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


@tool
def delegate(task: str) -> str:
    """Asks the helper."""
    helper = Agent(name="helper", model=model(), tools=[lookup], system_prompt=helper_prompt(), callback_handler=None)
    return str(helper(task)).strip()


agent = Agent(name="clerk", model=model(), tools=[lookup, delegate], system_prompt=SYSTEM, callback_handler=None)
print(str(agent(TASK)).strip())
