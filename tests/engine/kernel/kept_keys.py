"""A keyring in a file: PYTHON_KEYRING_BACKEND=tests.engine.kernel.kept_keys.FileKeyring, for engines of tests."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

FILE = "TEST_KEYRING"
"""Variable that names the file: service/user → secret, as JSON."""


class FileKeyring(KeyringBackend):
    """Keeps what the test wrote."""

    priority = 5.0

    def get_password(self, service: str, username: str) -> str | None:
        found = json.loads(Path(os.environ[FILE]).read_text(encoding="utf-8")).get(f"{service}/{username}")
        return None if found is None else str(found)

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError("the test writes the file")
