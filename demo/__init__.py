"""The demonstration: real processes, simulated people. It speaks HTTP, as the world does."""
