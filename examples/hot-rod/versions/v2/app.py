"""The dashboard, version 2: it keeps who decided."""

from dashlib import Dashboard, main

dashboard = Dashboard("v2", says_who_decided=True)

if __name__ == "__main__":
    main(dashboard)
