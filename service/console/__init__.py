"""The console of operations: what runs, what failed and why, and the two things to do about it."""

from service.console.pages import NAME as NAME
from service.console.pages import assets as assets
from service.console.routes import router as router
