"""The interface of loan systems: submission, progress, consents, data, score, re-run and withdrawal."""

from fastapi import APIRouter

from service.api import consents, documents, evidence, reports, routes

router = APIRouter()
for each in (routes, consents, documents, evidence, reports):
    router.include_router(each.router)
