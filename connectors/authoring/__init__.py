"""Writing what a new region or a new family of portals needs, and recording a sign-in to begin from."""
