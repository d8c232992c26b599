"""The shop, version 1."""

from shoplib import Shop, main

shop = Shop("v1")

if __name__ == "__main__":
    main(shop)
