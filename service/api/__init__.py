"""The interface for loan systems."""

from service.api.routes import router as router
