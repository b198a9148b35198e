"""What a platform says of itself (RFC 8414), held against what the profile demands."""

from __future__ import annotations

from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ValidationError

from connectors.drift.fingerprint import Traits
from connectors.families.oauth.client import TLS_CLIENT_AUTH
from schema.errors import ContractChanged, SignatureInvalid

CIBA = "urn:openid:params:grant-type:ciba"
_MTLS_METHODS = {TLS_CLIENT_AUTH, "self_signed_tls_client_auth"}


def path_of(issuer: str) -> str:
    """Where the metadata lie: the well-known name goes before the issuer's own path (RFC 8414 §3.1)."""
    return f"/.well-known/oauth-authorization-server{urlsplit(issuer).path.rstrip('/')}"


def described(content: bytes) -> dict[str, Traits]:
    """Every field of the metadata with what it says, for a fingerprint: addresses without their port, lists
    in the order of the alphabet."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    return {
        name: {"value": _said(value)}
        for outer, inner in (found if isinstance(found, dict) else {}).items()
        for name, value in (
            ((f"{outer}.{key}", each) for key, each in inner.items())
            if isinstance(inner, dict)
            else ((outer, inner),)
        )
    }


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(sorted(map(str, value)))
    address = urlsplit(str(value))
    return f"{address.hostname}{address.path}" if address.hostname else str(value)


class Metadata(BaseModel):
    """Fields by their registered names; unknown ones are left aside."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str
    pushed_authorization_request_endpoint: str
    token_endpoint: str
    backchannel_authentication_endpoint: str | None = None
    revocation_endpoint: str | None = None
    mtls_endpoint_aliases: dict[str, str] = {}
    grant_types_supported: list[str] = ["authorization_code"]
    code_challenge_methods_supported: list[str] = []
    dpop_signing_alg_values_supported: list[str] = []
    token_endpoint_auth_methods_supported: list[str] = []
    authorization_details_types_supported: list[str] = []
    backchannel_token_delivery_modes_supported: list[str] = []
    backchannel_authentication_request_signing_alg_values_supported: list[str] = []
    require_signed_request_object: bool = False
    response_modes_supported: list[str] = []

    @classmethod
    def parse(cls, content: bytes, issuer: str, auth: str, detail_type: str) -> Metadata:
        """Raises ``SignatureInvalid`` for another issuer's, ``ContractChanged`` for less than the profile."""
        try:
            found = cls.model_validate_json(content)
        except ValidationError as error:
            names = ", ".join(sorted({str(each["loc"][0]) for each in error.errors() if each["loc"]}))
            raise ContractChanged(f"the metadata do not fit in {names or 'form'}") from None
        if found.issuer != issuer:
            raise SignatureInvalid("the metadata are another issuer's")
        methods = _MTLS_METHODS if auth == TLS_CLIENT_AUTH else {auth}
        demands = {
            "PKCE with S256": "S256" in found.code_challenge_methods_supported,
            "DPoP with ES256": "ES256" in found.dpop_signing_alg_values_supported,
            f"client authentication by {auth}": bool(
                methods & set(found.token_endpoint_auth_methods_supported)
            ),
            f"authorization details of type {detail_type}": detail_type
            in found.authorization_details_types_supported,
        }
        scheme = f"{urlsplit(issuer).scheme}://"
        demands["its endpoints under the issuer's scheme"] = all(
            address.startswith(scheme) for address in found.addresses()
        )
        if unmet := [name for name, met in demands.items() if not met]:
            raise ContractChanged(f"the platform does not offer {', '.join(unmet)}")
        return found

    def addresses(self) -> list[str]:
        """Every address that is called or shown to the person."""
        own = [
            getattr(self, name) for name in type(self).model_fields if name.endswith(("_endpoint", "_uri"))
        ]
        return [*filter(None, own), *self.mtls_endpoint_aliases.values()]

    def endpoint(self, name: str, auth: str) -> str:
        """The address of an endpoint, its mTLS alias in that mode. Raises ``ContractChanged``."""
        aliases = self.mtls_endpoint_aliases if auth == TLS_CLIENT_AUTH else {}
        address = aliases.get(name) or getattr(self, name)
        if not isinstance(address, str):
            raise ContractChanged(f"the platform has no {name}")
        return address

    @property
    def app_approval(self) -> bool:
        """Whether CIBA in poll mode is offered."""
        return (
            CIBA in self.grant_types_supported and "poll" in self.backchannel_token_delivery_modes_supported
        )

    @property
    def signs_backchannel(self) -> bool:
        return bool(self.backchannel_authentication_request_signing_alg_values_supported)

    @property
    def jarm(self) -> bool:
        return "jwt" in self.response_modes_supported
