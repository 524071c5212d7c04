"""`make bench`: speed, CPU and memory, against the existing app's way and MapLibre Native.

`__main__` runs the experiments, each in a module of its own; `subject` is the poster all draw.
"""
