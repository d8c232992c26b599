"""YAML to `Plan`; every problem with file, line, column, what is wrong and what to write instead."""

from flightrules.plan_file.loader import load, load_for_staging, load_text
from flightrules.plan_file.problems import PlanProblems, Problem

__all__ = ["PlanProblems", "Problem", "load", "load_for_staging", "load_text"]
