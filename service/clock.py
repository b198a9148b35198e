"""Beijing time (UTC+8, no summer time): the day that periods end on, and the hours that operations read."""

from datetime import timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
