"""What a process that reads a stranger's file may not do: its limits, in force until it ends.

Resource limits everywhere; on Linux also a filter of system calls, so that not even a parser that
was taken over can open a connection, start a program, or look into another process.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import resource
import signal
import socket
import struct
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
FILTER_MODE = 2
# Of each instruction: its code, where to go if it holds and if not, its operand.
LOAD, IS_EQUAL, IS_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000
X32 = 0x40000000
"""On x86_64 the same calls have second numbers from here on."""
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
FORBIDDEN = {
    # socket, connect, accept, sendto, bind, listen, socketpair, execve, kill, ptrace, pivot_root,
    # chroot, mount, umount2, init_module, tkill, kexec_load, add_key, request_key, keyctl, unshare,
    # perf_event_open, setns, process_vm_readv, process_vm_writev, finit_module, kexec_file_load,
    # accept4, bpf, execveat, userfaultfd, pidfd_send_signal, io_uring (3), pidfd_open, setpgid,
    # setsid (by its group it is ended)
    "x86_64": (
        *(41, 42, 43, 44, 49, 50, 53, 59, 62, 101, 155, 161, 165, 166, 175, 200, 246, 248, 249),
        *(250, 272, 298, 308, 310, 311, 313, 320, 288, 321, 322, 323, 424, 425, 426, 427, 434),
        *(109, 112),
    ),
    "aarch64": (
        *(
            198,
            203,
            202,
            206,
            200,
            201,
            199,
            221,
            129,
            117,
            41,
            51,
            40,
            39,
            105,
            130,
            104,
            217,
            218,
        ),
        *(219, 97, 241, 268, 270, 271, 273, 294, 242, 280, 281, 282, 424, 425, 426, 427, 434),
        *(154, 157),
    ),
}


@dataclass(frozen=True)
class Bounds:
    """What the reading of one export may cost before it is ended."""

    memory_bytes: int
    """Of address space, on top of what the process has when it begins."""
    seconds: float
    cpu_seconds: int
    file_bytes: int = 256 << 30
    open_files: int = 1024


@dataclass(frozen=True)
class Guarded:
    """What of it this machine enforces."""

    memory: bool
    calls: bool
    why_not: str = ""


def confine(bounds: Bounds) -> Guarded:
    """Put this process, and all its future threads, under the bounds. There is no way back."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, bounds.file_bytes)
    _lower(resource.RLIMIT_NOFILE, bounds.open_files)
    # A second of grace: at the first limit the process gets SIGXCPU, at the second SIGKILL.
    _lower(resource.RLIMIT_CPU, bounds.cpu_seconds, grace=1)
    memory = False
    if taken := _address_space():
        _lower(resource.RLIMIT_AS, taken + bounds.memory_bytes)
        memory = True
    why_not = forbid_calls()
    return Guarded(memory, not why_not, why_not)


def _lower(which: int, to: int, grace: int = 0) -> None:
    _, hard = resource.getrlimit(which)
    most = to if hard == resource.RLIM_INFINITY else min(to, hard)
    resource.setrlimit(which, (most, most if not grace else _least(most + grace, hard)))


def _least(wanted: int, hard: int) -> int:
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


def die_with_parent() -> None:
    """Let the kernel end this process when the one that started it ends (Linux)."""
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def forbid_calls() -> str:
    """Refuse network, programs and other processes from now on; returns why not, '' if done."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in ARCHITECTURES:
        return f"there is no filter of system calls for {sys.platform} on {machine}"
    program = _filter(machine)
    instructions = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    given = Program(len(program) // 8, ctypes.cast(instructions, ctypes.c_void_p))
    if why_not := _prctl(PR_SET_NO_NEW_PRIVS, 1):
        return f"the kernel keeps the right to new privileges ({why_not})"
    if why_not := _prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.byref(given)):
        return f"the kernel takes no filter of system calls ({why_not})"
    return ""


def _filter(machine: str) -> bytes:
    """The filter as the kernel's BPF: an unknown architecture ends the process."""
    numbers = FORBIDDEN[machine]

    def line(code: int, yes: int, no: int, operand: int) -> bytes:
        return struct.pack("=HBBI", code, yes, no, operand)

    lines = [
        line(LOAD, 0, 0, 4),
        line(IS_EQUAL, 1, 0, ARCHITECTURES[machine]),
        line(RETURN, 0, 0, KILL),
        line(LOAD, 0, 0, 0),
        line(IS_AT_LEAST, len(numbers) + 1, 0, X32),
        *(line(IS_EQUAL, len(numbers) - at, 0, each) for at, each in enumerate(numbers)),
        line(RETURN, 0, 0, ALLOW),
        line(RETURN, 0, 0, REFUSE),
    ]
    return b"".join(lines)


def _prctl(option: int, *given: Any) -> str:
    library = ctypes.CDLL(None, use_errno=True)
    values = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in given]
    values += [ctypes.c_ulong(0)] * (4 - len(values))
    if library.prctl(option, *values) == 0:
        return ""
    return os.strerror(ctypes.get_errno())


def look() -> Guarded:
    """What this machine enforces, tried in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", "pipelines.land.guard"],
        capture_output=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    return Guarded(**json.loads(answer.stdout))


def _try() -> Guarded:
    guarded = confine(Bounds(memory_bytes=1 << 30, seconds=60, cpu_seconds=60))
    if guarded.calls:
        with contextlib.suppress(PermissionError):
            socket.socket().close()
            return Guarded(guarded.memory, False, "a connection could be opened all the same")
    return guarded


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_try())))
