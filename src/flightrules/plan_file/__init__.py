"""YAML to `Plan`; every problem with file, line, column, what is wrong and what to write instead."""
