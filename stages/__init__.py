"""The stages of the main job, one file each, and the intake that starts it. They know nothing of the workflow
engine."""
