"""What nobody measured: the mix of sizes, a cluster's delays, prices. Every one is an assumption.

Change a number here and `make simulate` says what it does to the choice and to the costs.
"""

# Of all exports, by size: most callers take the default.
MIX = {"1024 x 1536": 0.20, "2400 x 3600": 0.65, "3600 x 5400": 0.12, "4700 x 7050": 0.03}

# Posters were measured with tiles on the same machine. A cluster's nodes may be slower, and tiles
# come from elsewhere: the rule must do with posters that take so many times as long.
SLOWER = 1.5

# From the decision to have a pod until its process starts: scheduling, and an image that the node
# has. A node that must be made first takes minutes: keep room for one scale-up.
POD_SCHEDULED_S = 5.0

# List prices of a large cloud's managed containers, US dollars, rounded.
VCPU_HOUR = 0.0405
GIB_HOUR = 0.00445
# What a worker pod is billed as: its requests (deploy/k8s/base).
POD_VCPU, POD_GIB = 1.0, 2.0
# API (2), metrics, Flower and Redis, which are there whether somebody exports or not: requests.
FLOOR_VCPU, FLOOR_GIB = 0.85, 1.9

# The baseline: the old way as one function call per export, with memory for Chromium, billed by
# the second of memory; and what its provider takes for a call.
SERVERLESS_GIB = 3.0
SERVERLESS_GIB_SECOND = 0.0000166667
SERVERLESS_CALL = 0.0000002

HOURS_A_MONTH = 730.0
