"""What a certificate says of itself: whose it is, who issued it, until when it is valid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Name, ObjectIdentifier


@dataclass(frozen=True)
class Read:
    """A certificate, read.

    `issuer` is the organization that issued it, `subject` the common name that it is for; where a certificate has
    none, the whole name (RFC 4514). `ends` is when it ends (seconds since 1970), `last_day` the same in UTC.
    """

    issuer: str
    subject: str
    ends: float
    last_day: str
    evidence: Mapping[str, str]


def read(der: bytes) -> Read:
    """Return what the certificate in `der` (DER) says. Raises `ValueError` where it is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    certificate = x509.load_der_x509_certificate(der)
    ends = certificate.not_valid_after_utc
    return Read(
        issuer=_called(certificate.issuer, NameOID.ORGANIZATION_NAME),
        subject=_called(certificate.subject, NameOID.COMMON_NAME),
        ends=ends.timestamp(),
        last_day=f"{ends:%Y-%m-%d}",
        evidence={
            "subject": certificate.subject.rfc4514_string(),
            "issuer": certificate.issuer.rfc4514_string(),
            "serial": f"{certificate.serial_number:x}",
            "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
            "valid_from": f"{certificate.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
            "valid_until": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        },
    )


def _called(name: Name, first: ObjectIdentifier) -> str:
    said = name.get_attributes_for_oid(first)
    return str(said[0].value) if said else name.rfc4514_string() or "nobody"
