"""Sets this machine up and runs the whole service on it: behind `make setup`, `run` and `demo`."""
