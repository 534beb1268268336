"""CrewAI: a crew of one agent with one task."""

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool

from orders import MODEL, SYSTEM, TASK, look_up


@tool("lookup")
def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


agent = Agent(
    role="Clerk",
    goal="Add up orders",
    backstory=SYSTEM,
    tools=[lookup],
    llm=LLM(model=f"openai/{MODEL}", temperature=0.5),
    cache=False,
)
task = Task(description=TASK, expected_output="The sum", agent=agent)
print(Crew(agents=[agent], tasks=[task]).kickoff().raw)
