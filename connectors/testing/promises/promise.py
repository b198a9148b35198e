"""A promise: a name, what is promised, how it is checked, and what to do when it is broken."""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from typing import ClassVar

from connectors.testing.case import Case


class Promise(ABC):
    """The first line of a promise's docstring is what is promised."""

    advice: ClassVar[str]
    """What to do when it is broken."""
    budget_seconds: ClassVar[float] = 90

    @classmethod
    def name(cls) -> str:
        """``WrongPasswordIsNeverSentAgain`` → ``wrong_password_is_never_sent_again``."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        return inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", " ")

    @abstractmethod
    def keep(self, case: Case) -> str:
        """What was seen. Raises ``Broken``, ``NotApplicable``, or a cause of ``schema.errors`` that nobody
        expected."""
