"""One module per source: how its deliveries are recognised and unwrapped, and what it expects in response.

`registry` lists them, and says how to add one.
"""
