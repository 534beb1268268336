"""DSPy: ReAct, whose trajectory stands in one user message."""

import dspy

from orders import MODEL, SYSTEM, TASK, look_up


def lookup(order: str) -> str:
    """Looks up the total of an order."""
    return look_up(order)


dspy.configure(lm=dspy.LM(f"openai/{MODEL}", temperature=0.5, cache=False))
agent = dspy.ReAct(dspy.Signature("question -> answer", SYSTEM), tools=[lookup], max_iters=6)
print(agent(question=TASK).answer)
