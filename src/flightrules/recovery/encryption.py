"""Encrypts the files of a backup with age, one by one, and opens them again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from flightrules.domain.errors import BackupUnusable, DatabaseUnusable

SUFFIX = ".age"


def keys(recipients: Sequence[str]) -> list[Any]:
    """Return the public keys. Raises `DatabaseUnusable` for one that is none, and where age is not installed."""
    return [_key(recipient) for recipient in recipients]


def seal(files: Iterable[Path], public: Sequence[Any]) -> None:
    """Replace each file by an encrypted one of the same name with `.age` behind it."""
    from pyrage import encrypt_file

    for file in files:
        encrypt_file(str(file), str(file.with_name(file.name + SUFFIX)), list(public))
        file.unlink()


def unseal(files: Iterable[tuple[Path, Path]], identity: Path) -> None:
    """Write each encrypted file, the first of a pair, opened to the second. Raises `BackupUnusable`."""
    _installed()
    from pyrage import DecryptError, decrypt_file

    secrets = _identities(identity)
    for sealed, plain in files:
        try:
            decrypt_file(str(sealed), str(plain), secrets)
        except DecryptError as error:
            raise BackupUnusable(
                f"{sealed.name} cannot be opened with the key in {identity}: {error}",
                "Set `backup.identity` to the file with the secret key that belongs to one of `backup.recipients`.",
            ) from error


def is_installed() -> bool:
    """Return whether age is there at all."""
    try:
        _installed()
    except DatabaseUnusable:
        return False
    return True


def _installed() -> None:
    try:
        import pyrage  # noqa: F401  (only whether it is there)
    except ImportError as error:
        raise DatabaseUnusable(
            f"backups cannot be encrypted or opened here: {error}", "Run: pip install 'flightrules[encryption]'"
        ) from error


def _key(recipient: str) -> Any:
    _installed()
    from pyrage import RecipientError, ssh, x25519

    try:
        kind = ssh if recipient.startswith("ssh-") else x25519
        return kind.Recipient.from_str(recipient.strip())
    except RecipientError as error:
        if "SECRET" in recipient or "PRIVATE" in recipient:  # never shown
            raise DatabaseUnusable(
                "a secret key stands in `backup.recipients`, which takes public ones",
                "Write what `age-keygen -y` prints (age1…); take a new key where others could read this one.",
            ) from None
        raise DatabaseUnusable(
            f"`{recipient}` in `backup.recipients` is no public key of age: {error}",
            "Write what `age-keygen -y` prints (age1…), or a public key of SSH.",
        ) from error


def _identities(identity: Path) -> list[Any]:
    from pyrage import IdentityError, ssh, x25519

    try:
        text = identity.read_text()
        if "PRIVATE KEY" in text:
            return [ssh.Identity.from_buffer(text.encode())]
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return [x25519.Identity.from_str(line) for line in lines]
    except (OSError, IdentityError) as error:
        # The text of the error never holds the key: that would be printed.
        why = error.strerror if isinstance(error, OSError) else "it holds no secret key of age"
        raise BackupUnusable(
            f"the key for encrypted backups cannot be read: {identity}: {why}", "Check `backup.identity`."
        ) from None
