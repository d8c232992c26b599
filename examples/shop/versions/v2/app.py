"""The shop, version 2: it recommends what to buy next."""

from shoplib import Shop, main, recommendations

shop = Shop("v2", "Things for the house, and now: what goes well with them.", "#2e7d4f")
recommendations.add_to(shop)

if __name__ == "__main__":
    main(shop)
