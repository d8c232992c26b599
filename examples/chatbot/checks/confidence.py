"""How confident the team is, out of 5: `python3 checks/confidence.py team/confidence.csv`. Prints JSON."""

import csv
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    with Path(sys.argv[1]).open() as file:
        scores = [float(row["score"]) for row in csv.DictReader(file)]
    print(json.dumps({"answers": len(scores), "score": round(sum(scores) / len(scores), 2)}))
