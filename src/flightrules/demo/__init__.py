"""The demo: the example shop, real traffic, one release that goes well and one that is called back."""
