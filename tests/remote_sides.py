"""The other side of an inbox: a bucket over HTTP, an SSH server, and a link that breaks."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class BreakingLink:
    """A port that leads to another one, and breaks connections every so many bytes."""

    target: tuple[str, int]
    breaks_after: int
    """Bytes of answers, over all connections."""
    broken: int = 0
    """How many connections have been broken."""
    answered: int = 0
    asked: bytearray = field(default_factory=bytearray)
    port: int = 0

    def carry(self, there: socket.socket) -> None:
        back = socket.create_connection(self.target)
        threading.Thread(target=self._ask, args=(there, back), daemon=True).start()
        with contextlib.suppress(OSError):
            while chunk := back.recv(65536):
                there.sendall(chunk)
                self.answered += len(chunk)
                if self.answered >= (self.broken + 1) * self.breaks_after:
                    self.broken += 1
                    break
        for end in (there, back):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _ask(self, there: socket.socket, back: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := there.recv(65536):
                self.asked += chunk
                back.sendall(chunk)


@contextlib.contextmanager
def breaking_link(port: int, breaks_after: int) -> Iterator[BreakingLink]:
    link = BreakingLink(("127.0.0.1", port), breaks_after)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        link.port = listener.getsockname()[1]

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    there, _ = listener.accept()
                    threading.Thread(target=link.carry, args=(there,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield link
        listener.shutdown(socket.SHUT_RDWR)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class SshServer:
    """A server of this user's own, with the keys that open it."""

    port: int
    key: Path
    known_hosts: Path
    other_key: Path
    """One that it does not know."""

    def trust(self, port: int) -> None:
        """Take its key for right under another port, too."""
        first = self.known_hosts.read_text().splitlines()[0]
        with self.known_hosts.open("a") as file:
            file.write(f"[127.0.0.1]:{port} {first.partition(' ')[2]}\n")

    def url(self, folder: Path, port: int | None = None) -> str:
        return f"sftp://{getpass.getuser()}@127.0.0.1:{port or self.port}{folder}"


@contextlib.contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """A real `sshd` that serves files, until the block ends."""
    assert SSHD
    for name in ("host", "key", "other"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    shutil.copyfile(folder / "key.pub", folder / "authorized_keys")
    port = free_port()
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\nSubsystem sftp internal-sftp\n"
        # Tests connect faster than people do.
        "MaxStartups 100\n"
    )
    host = " ".join((folder / "host.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    command = [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            _wait_for(port)
            yield SshServer(port, folder / "key", folder / "known_hosts", folder / "other")
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError("the SSH server does not answer")
