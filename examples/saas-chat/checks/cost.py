"""Works out what a month costs and prints it as JSON, in dollars: what is fixed, and each answer at its price.

The prices are those by which the AI service counts (`chatlib/prices.json`): estimate and bill do not drift apart.
"""

import json
from pathlib import Path

PRICES = json.loads((Path(__file__).parents[1] / "chatlib" / "prices.json").read_text())
PROVIDERS = {"free": "edge", "paid": "large"}


def answers(tier: str) -> float:
    """Return what the answers of a month cost, for those who pay nothing or for those who pay."""
    price = PRICES["microdollars_per_word"][PROVIDERS[tier]]
    return float(PRICES["answers_a_month"][tier] * PRICES["words_an_answer"] * price / 1e6)


fixed = sum(PRICES["fixed_dollars_a_month"].values())
print(json.dumps({"fixed": fixed, "monthly": round(fixed + answers("free") + answers("paid"), 2)}))
