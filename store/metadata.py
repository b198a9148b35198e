"""The one MetaData that every table of the store is defined on."""

from sqlalchemy import MetaData

metadata = MetaData()
