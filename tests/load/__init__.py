"""`make load`: many callers at once against the real service, and the five criteria of success.

`__main__` runs it. `locustfile`, `caller` and `export` run in Locust's own environment; all else
runs in ours, and starts and watches them.
"""
