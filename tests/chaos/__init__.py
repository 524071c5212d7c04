"""The chaos gates: a whole service under faults, and what must hold all the same.

`make chaos` runs them (`__main__.py`); what they promise is in docs/reliability.md. Each gate is a
file `kNN.py` with a function `run(trial)`; what all of them demand of a service afterwards is in
`invariants.py`.
"""
