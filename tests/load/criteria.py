"""The five criteria of success: what is wanted. `goals.py` judges by them."""

MOST_RENDER_S = 30.0
LEAST_SUCCESS_PERCENT = 99.5
LEAST_IN_FLIGHT = 100
