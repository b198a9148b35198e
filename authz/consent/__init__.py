"""Consent (授权书): what the borrower agreed to. Its states, terms, text, ceilings, artefact and letter."""

from authz.consent.classes import DataClass as DataClass
from authz.consent.classes import Party as Party
from authz.consent.states import KEEPS_DATA as KEEPS_DATA
from authz.consent.states import TRANSITIONS as TRANSITIONS
from authz.consent.states import ConsentState as ConsentState
from authz.consent.states import Disposal as Disposal
from authz.consent.states import step as step
from authz.consent.terms import DAILY as DAILY
from authz.consent.terms import Consent as Consent
from authz.consent.terms import ConsentText as ConsentText
from authz.consent.terms import Frequency as Frequency
from authz.consent.terms import Terms as Terms
from authz.consent.text import PURPOSES as PURPOSES
from authz.consent.text import compose_text as compose_text
from authz.consent.text import digested as digested
