"""The dashboard, version 1: eight tiles, and approvals."""

from dashlib import Dashboard, main

dashboard = Dashboard("v1")

if __name__ == "__main__":
    main(dashboard)
