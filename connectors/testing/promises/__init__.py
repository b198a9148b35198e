"""Every promise, in the order in which they are checked: those that share the one authorization stand between
the one that makes it and the one that withdraws it."""

from __future__ import annotations

from connectors.testing.promises.authorization import (
    ForeignRedirectIsRefused,
    IdentityThatIsNotOfferedIsRefused,
    RoleThatMayNotAuthorizeIsTold,
    UnapprovedRequestAsksAgain,
    UnscannedCodeWaits,
    WrongCaptchaAsksAgain,
    WrongPasswordIsNeverSentAgain,
    WrongSmsCodeAsksAgain,
)
from connectors.testing.promises.faults import (
    AnotherCompanyIsNeverRead,
    ChangedLayoutGivesNoData,
    ExpiredSessionIsTold,
    MaintenanceIsTold,
    ThrottlingIsHonoured,
)
from connectors.testing.promises.interruption import (
    CrashInTheMiddleLeavesOneGrant,
    DuplicateRunMakesNoSecondGrant,
    SealedStateResumesInAnotherProcess,
)
from connectors.testing.promises.promise import Promise
from connectors.testing.promises.reading import (
    AuthorizesAndReadsEveryDataset,
    EmptinessIsProven,
    NothingSecretIsTold,
    RevocationEndsReading,
)

PROMISES: tuple[type[Promise], ...] = (
    AuthorizesAndReadsEveryDataset,
    EmptinessIsProven,
    MaintenanceIsTold,
    ThrottlingIsHonoured,
    ChangedLayoutGivesNoData,
    AnotherCompanyIsNeverRead,
    DuplicateRunMakesNoSecondGrant,
    WrongPasswordIsNeverSentAgain,
    WrongCaptchaAsksAgain,
    WrongSmsCodeAsksAgain,
    UnapprovedRequestAsksAgain,
    UnscannedCodeWaits,
    ForeignRedirectIsRefused,
    IdentityThatIsNotOfferedIsRefused,
    RoleThatMayNotAuthorizeIsTold,
    SealedStateResumesInAnotherProcess,
    CrashInTheMiddleLeavesOneGrant,
    ExpiredSessionIsTold,
    RevocationEndsReading,
    NothingSecretIsTold,
)

HAPPY_PATH = PROMISES[:1]
