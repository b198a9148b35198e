"""Does what was received agree with itself, with the portal's own count, and from one dataset to another?

``completeness`` compares a dataset with the portal's count and stops it; ``report`` compares the figures of a
whole snapshot, check by check, and stops nothing: every row is kept.
"""
