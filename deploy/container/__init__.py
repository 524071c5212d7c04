"""What is in the images besides the service: building steps, start, health, and a root to try."""
