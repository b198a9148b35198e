"""The borrower's page: consent, whatever the portal asks, and the end; Chinese and English."""

from service.link.pages import NAME as NAME
from service.link.pages import assets as assets
from service.link.routes import router as router
