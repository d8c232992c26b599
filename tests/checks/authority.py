"""An authority that signs certificates, and a TLS server that shows them."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def named(common: str, organization: str) -> x509.Name:
    """A name as certificates have it."""
    parts = {NameOID.COMMON_NAME: common, NameOID.ORGANIZATION_NAME: organization}
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts.items()])


class Authority:
    """Signs certificates; its own is in `file`."""

    def __init__(self, folder: Path, organization: str = "Harbour Trust") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = named("Harbour Root", organization)
        self.file = folder / f"{organization}.pem"
        own = self._begun(self._name, self._key, 3650).add_extension(x509.BasicConstraints(True, None), critical=True)
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def certificate(self, days: float = 90.0, host: str = "127.0.0.1", since: float = -365.0) -> ssl.SSLContext:
        """What a server needs that shows a certificate for the address `host`, valid for so many days from now."""
        return self._server(self._signed(days, host, since))

    def self_signed(self) -> ssl.SSLContext:
        """The same, signed by nobody but itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = named("alone", "Alone")
        builder = self._begun(name, key, 90, issuer=name).add_extension(_for("127.0.0.1"), critical=False)
        return self._server((builder.sign(key, hashes.SHA256()), key))

    def _signed(self, days: float, host: str, since: float) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._begun(named("shop", "Shop"), key, days, since).add_extension(_for(host), critical=False)
        return builder.sign(self._key, hashes.SHA256()), key

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: float, since: float = -365.0,
        issuer: x509.Name | None = None,
    ) -> x509.CertificateBuilder:  # fmt: skip
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + since * DAY)
            .not_valid_after(now + days * DAY)
        )

    def _server(self, made: tuple[x509.Certificate, ec.EllipticCurvePrivateKey]) -> ssl.SSLContext:
        certificate, key = made
        file = self._folder / f"{certificate.serial_number}.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _for(host: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host)), x509.DNSName("shop.example")])


@asynccontextmanager
async def served(context: ssl.SSLContext | None, first: bytes = b"", hang: bool = False) -> AsyncIterator[str]:
    """A server; without a `context` it does not speak TLS: it says `first` and closes, or hangs."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        if hang:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield "{}:{}".format(*server.sockets[0].getsockname())
    finally:
        server.close()
